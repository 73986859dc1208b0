// @ts-check
/** What is asked of the module: held to its protocol by TypeScript, in the tests of the page. */

const WAYS = [0, 1, 2, 3, 4];
const SHOTS = [0, 1, 2, 3, 4];

const examples = WAYS.map((way) => SHOTS.map((shot) => `${way}-${shot}`));
const query = "query";

/** Names of all pictures that a task needs. */
export const pictures = [...examples.flat(), query];

/**
 * The answer to one query of a 5-way 5-shot episode by prototypes, with so many hallucinations.
 *
 * @param {number} hallucinations
 * @param {number} seed
 * @returns {import("../../../web/package/src/types.ts").TaskSpec}
 */
export function task(hallucinations, seed) {
  return {
    classes: WAYS.map((way) => ({ id: `${way}`, name: `${way}`, examples: examples[way] ?? [] })),
    queries: [query],
    head: "prototype",
    context: "inductive",
    distance: "l2",
    hallucinations,
    temperature: 1,
    seed,
  };
}
