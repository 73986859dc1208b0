/** Compiled, never run: how a program in Node may use the package. */
import { readFile, writeFile } from "node:fs/promises";
import { Fewshot } from "fewshot";

export async function program(): Promise<number | undefined> {
  const learner = await Fewshot.load(new URL("model.safetensors", import.meta.url));
  await learner.add("cat", "cat.jpg");
  await learner.add("dog", await readFile("dog.png"));
  const { probabilities } = await learner.classify({
    width: 2,
    height: 1,
    data: new Uint8Array(8),
  });
  await writeFile("classifier.safetensors", await learner.save());
  // @ts-expect-error: neither a picture nor pixels
  await learner.classify({ width: 2 });
  learner.close();
  return probabilities.cat;
}
