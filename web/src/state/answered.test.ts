import assert from "node:assert/strict";
import test from "node:test";
import type { Classification, TaskSpec } from "../../package/src/protocol.ts";
import { Answered } from "./answered.ts";

const MODEL = "a fingerprint";

function task(change: Partial<TaskSpec> = {}): TaskSpec {
  return {
    classes: [
      { id: "a", name: "A", examples: ["1"] },
      { id: "b", name: "B", examples: ["2"] },
    ],
    queries: ["q1", "q2"],
    head: "prototype",
    context: "inductive",
    distance: "l2",
    hallucinations: 0,
    temperature: 1,
    seed: 0,
    ...change,
  };
}

function answers(pictures: readonly string[], milliseconds = 1): Classification {
  const result = { probabilities: [1, 0], plain: [1, 0], nearest: [], rejectionScore: 0 };
  const queries = pictures.map((picture) => ({ picture, ...result }));
  return { classIds: ["a", "b"], queries, milliseconds };
}

test("a further question is the only one that is asked", () => {
  const answered = new Answered();
  assert.deepEqual(answered.open(task(), MODEL), ["q1", "q2"]);
  answered.add(task(), MODEL, answers(["q1", "q2"], 5));
  assert.deepEqual(answered.open(task(), MODEL), []);
  const more = task({ queries: ["q3", "q1", "q2"] });
  assert.deepEqual(answered.open(more, MODEL), ["q3"]);
  answered.add(more, MODEL, answers(["q3"], 2));
  const whole = answered.classification(more, MODEL);
  assert.deepEqual(
    whole?.queries.map((result) => result.picture),
    ["q3", "q1", "q2"],
  );
  assert.equal(whole?.milliseconds, 7);
});

test("a question that is gone has no answer any more, and one that comes back has", () => {
  const answered = new Answered();
  answered.add(task(), MODEL, answers(["q1", "q2"]));
  assert.equal(answered.classification(task({ queries: ["q2"] }), MODEL)?.queries.length, 1);
  assert.deepEqual(answered.open(task(), MODEL), []);
});

test("another picture in a class, another setting, another model: everything is asked again", () => {
  const answered = new Answered();
  answered.add(task(), MODEL, answers(["q1", "q2"]));
  const classes = [...task().classes, { id: "c", name: "C", examples: ["3"] }];
  for (const changed of [task({ classes }), task({ hallucinations: 10 }), task({ seed: 1 })]) {
    assert.deepEqual(answered.open(changed, MODEL), ["q1", "q2"]);
    assert.equal(answered.classification(changed, MODEL), null);
  }
  assert.deepEqual(answered.open(task(), "another"), ["q1", "q2"]);
});

test("questions that are looked at together are asked together", () => {
  const answered = new Answered();
  const together = task({ context: "transductive" });
  answered.add(together, MODEL, answers(["q1", "q2"]));
  assert.deepEqual(answered.open(together, MODEL), []);
  const more = task({ context: "transductive", queries: ["q1", "q2", "q3"] });
  assert.deepEqual(answered.open(more, MODEL), ["q1", "q2", "q3"]);
});

test("thousands are asked in portions", () => {
  const answered = new Answered();
  const many = task({ queries: Array.from({ length: 450 }, (_, i) => `q${i}`) });
  const sizes: number[] = [];
  for (let open = answered.open(many, MODEL); open.length > 0; open = answered.open(many, MODEL)) {
    sizes.push(open.length);
    answered.add(many, MODEL, answers(open));
  }
  assert.deepEqual(sizes, [200, 200, 50]);
  assert.equal(answered.classification(many, MODEL)?.queries.length, 450);
});

test("what is forgotten is asked again", () => {
  const answered = new Answered();
  answered.add(task(), MODEL, answers(["q1", "q2"]));
  answered.forget();
  assert.deepEqual(answered.open(task(), MODEL), ["q1", "q2"]);
});
