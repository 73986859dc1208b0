import assert from "node:assert/strict";
import { test } from "node:test";
import { Restarts } from "./restarts.ts";

test("crashes in short order are hopeless, until a success or for as long as it takes", () => {
  const restarts = new Restarts();
  for (let i = 0; i < 5; i++) restarts.crashed(i);
  assert.equal(restarts.isHopeless, false);
  restarts.crashed(6);
  assert.equal(restarts.isHopeless, true);
  restarts.succeeded();
  assert.equal(restarts.isHopeless, false);
  for (let i = 0; i < 20; i++) restarts.crashed(1000 * i * 15);
  assert.equal(restarts.isHopeless, false);
});
