import assert from "node:assert/strict";
import { test } from "node:test";
import { Limit } from "./limit.ts";

test("no more pieces of work run at once than are allowed, and a failure frees its place", async () => {
  const limit = new Limit(2);
  let running = 0;
  let most = 0;
  const work = async (fails: boolean) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
    if (fails) throw new Error("as a test wants it");
  };
  const all = Array.from({ length: 9 }, (_, i) => limit.run(() => work(i % 3 === 0)));
  const outcomes = await Promise.allSettled(all);
  assert.equal(most, 2);
  assert.equal(outcomes.filter(({ status }) => status === "rejected").length, 3);
});
