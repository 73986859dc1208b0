import assert from "node:assert/strict";
import { test } from "node:test";
import { reachable, record, redo, rewrite, startHistory, undo } from "./history.ts";

test("undo and redo go back and forth, and a new change ends what could be redone", () => {
  let history = record(startHistory("a"), "b", "to b", 0);
  history = record(history, "c", "to c", 1);
  history = undo(undo(history));
  assert.equal(history.present, "a");
  history = redo(history);
  assert.equal(history.present, "b");
  assert.deepEqual(reachable(history), ["a", "b", "c"]);
  history = record(history, "d", "to d", 2);
  assert.deepEqual(history.future, []);
  assert.equal(undo(undo(undo(history))).present, "a");
});

test("changes of one kind that follow closely are one step", () => {
  let history = record(startHistory(0), 1, "slide", 0, "m");
  history = record(history, 2, "slide", 500, "m");
  history = record(history, 3, "slide", 900, "m");
  assert.equal(undo(history).present, 0);
  history = record(history, 4, "slide", 9000, "m");
  assert.equal(undo(history).present, 3);
});

test("what is rewritten comes back by no undo", () => {
  let history = record(startHistory(["x", "broken"]), ["x", "broken", "y"], "add", 0);
  history = rewrite(history, (list) => list.filter((item) => item !== "broken"));
  assert.deepEqual(history.present, ["x", "y"]);
  assert.deepEqual(undo(history).present, ["x"]);
});
