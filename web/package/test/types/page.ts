/** Compiled, never run: how a page may use the package, and how not. */
import { type Answer, Fewshot, type FewshotError, type Learner } from "fewshot";

export async function page(element: HTMLImageElement, video: HTMLVideoElement): Promise<string> {
  const learner: Learner = await Fewshot.load("model.safetensors", {
    hallucinations: 5,
    onProgress: ({ received, total }) => `${received} of ${total}`,
    signal: AbortSignal.timeout(1000),
  });
  const example = await learner.add("cat", element);
  learner.remove("cat", example);
  const images = [video, await createImageBitmap(video), new ImageData(1, 1), new Blob()];
  const answers: Answer[] = await Promise.all(images.map((image) => learner.classify(image)));
  // @ts-expect-error: a number is no picture
  learner.classify(5).catch((error: FewshotError) => error.code === "bad-picture");
  // @ts-expect-error: nothing but ridge regression and prototypes
  await Fewshot.load(new URL("https://example.org"), { head: "linear" });
  await learner.open(new File([await learner.save()], "saved"));
  return answers[0]?.label ?? "none of these";
}
