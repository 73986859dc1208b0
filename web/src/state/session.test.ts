import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addClass,
  addQueries,
  addSupport,
  classOf,
  emptySession,
  movePicture,
  moveToQueries,
  picturesOf,
  placeClass,
  removeClass,
  removePicture,
} from "./session.ts";

const two = addSupport(
  addSupport(addClass(addClass(emptySession("m"), "a", "Cat"), "b", "Dog"), "a", ["1", "2"]),
  "b",
  ["3"],
);

test("a picture is in one place, wherever it is moved", () => {
  const moved = movePicture(two, "1", "b");
  assert.equal(classOf(moved, "1")?.id, "b");
  assert.equal(picturesOf(moved).length, 3);
  const asked = moveToQueries(moved, "1");
  assert.equal(classOf(asked, "1"), undefined);
  assert.deepEqual(asked.queries, [{ picture: "1", truth: "b" }]);
  const taught = movePicture(asked, "1", "a");
  assert.equal(taught.queries.length, 0);
  assert.equal(movePicture(taught, "1", "a"), taught);
});

test("classes keep colours apart, move, and leave no truth behind", () => {
  const three = addClass(two, "c", "Bird");
  assert.deepEqual(
    three.classes.map((c) => c.colour),
    [0, 1, 2],
  );
  const order = placeClass(three, "c", "a").classes.map((c) => c.id);
  assert.deepEqual(order, ["c", "a", "b"]);
  const removed = removeClass(addQueries(three, ["9"], "b"), "b");
  assert.deepEqual(removed.queries, [{ picture: "9", truth: null }]);
  assert.equal(addClass(removed, "d", "Fish").classes.at(-1)?.colour, 1);
});

test("states are never changed in place", () => {
  const before = JSON.stringify(two);
  removePicture(movePicture(two, "3", "a"), "3");
  assert.equal(JSON.stringify(two), before);
});
