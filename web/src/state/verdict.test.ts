import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryResult } from "../../package/src/protocol.ts";
import { addClass, emptySession, moveClass } from "./session.ts";
import { verdict } from "./verdict.ts";

const session = addClass(addClass(emptySession("m"), "a", "Cat"), "b", "Dog");
const result: QueryResult = {
  picture: "1",
  probabilities: [0.2, 0.8],
  plain: [0.6, 0.4],
  nearest: [],
  rejectionScore: 0.7,
};

test("probabilities follow their classes when these are moved", () => {
  const { bars, best } = verdict(moveClass(session, "b", -1), ["a", "b"], result, null);
  assert.deepEqual(
    bars.map((bar) => [bar.entry.id, bar.probability]),
    [
      ["b", 0.8],
      ["a", 0.2],
    ],
  );
  assert.equal(best?.entry.name, "Dog");
});

test("a picture stranger than the threshold is none of these", () => {
  assert.equal(verdict(session, ["a", "b"], result, 0.6).rejected, true);
  assert.equal(verdict(session, ["a", "b"], result, 0.8).rejected, false);
  assert.equal(verdict(session, ["a", "b"], result, null).rejected, false);
});
