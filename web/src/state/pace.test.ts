import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

test("the time left follows from the pace so far, and a batch ends with its last picture", () => {
  const pace = new Pace();
  assert.deepEqual(pace.progress(100, 5000), { done: 0, total: 100, secondsLeft: null });
  for (let i = 0; i < 20; i++) pace.finished();
  assert.deepEqual(pace.progress(80, 7000), { done: 20, total: 100, secondsLeft: 8 });
  for (let i = 0; i < 80; i++) pace.finished();
  assert.equal(pace.progress(0, 15_000).done, 0);
  assert.deepEqual(pace.progress(3, 99_000), { done: 0, total: 3, secondsLeft: null });
});
