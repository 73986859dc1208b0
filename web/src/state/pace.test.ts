import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

test("the time left follows from the pace so far, and a batch ends with its last picture", () => {
  const pace = new Pace();
  for (let i = 0; i < 100; i++) pace.begun(i, 5000);
  assert.deepEqual(pace.progress(100, 5000), { done: 0, total: 100, secondsLeft: null });
  for (let i = 0; i < 20; i++) pace.finished();
  assert.deepEqual(pace.progress(80, 7000), { done: 20, total: 100, secondsLeft: 8 });
  for (let i = 0; i < 80; i++) pace.finished();
  pace.begun(0, 99_000);
  assert.deepEqual(pace.progress(1, 99_000), { done: 0, total: 1, secondsLeft: null });
});
