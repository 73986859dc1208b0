import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL, answersOf, doubt, groupOf, NONE, select } from "./answers.ts";
import { addClass, addQueries, emptySession } from "./session.ts";

const session = addQueries(addClass(addClass(emptySession("m"), "a", "Cat"), "b", "Dog"), [
  "p10",
  "p9",
  "strange",
  "late",
]);
const result = (picture: string, cat: number, rejectionScore = 0) => ({
  picture,
  probabilities: [cat, 1 - cat],
  plain: [cat, 1 - cat],
  nearest: [],
  rejectionScore,
});
const classification = {
  classIds: ["a", "b"],
  queries: [result("p10", 0.9), result("p9", 0.45), result("strange", 0.99, 5)],
  milliseconds: 1,
};
const answers = answersOf(session, classification, 3);
const names = (filter: string, order: "given" | "doubt" | "name") =>
  select(answers, filter, order, (picture) => picture).map(({ query }) => query.picture);

test("answers are filtered by what they say, and those that are not there yet by nothing", () => {
  assert.deepEqual(answers.map(groupOf), ["a", "b", NONE, null]);
  assert.deepEqual(names("a", "given"), ["p10"]);
  assert.deepEqual(names(NONE, "given"), ["strange"]);
  assert.deepEqual(names(ALL, "given"), ["p10", "p9", "strange", "late"]);
});

test("the most doubtful is the one whose classes are closest, or that is like none", () => {
  assert.deepEqual(names(ALL, "doubt"), ["strange", "p9", "p10", "late"]);
  assert.ok(answers[1] && Math.abs(doubt(answers[1]) - 0.9) < 1e-9);
});

test("names are ordered as people count", () => {
  assert.deepEqual(names(ALL, "name"), ["late", "p9", "p10", "strange"]);
});

test("what teaches most comes first in its order, the rest by doubt", () => {
  const order = select(answers, ALL, "teaches", (picture) => picture, ["p10", "late"]);
  assert.deepEqual(
    order.map(({ query }) => query.picture),
    ["p10", "late", "strange", "p9"],
  );
});
