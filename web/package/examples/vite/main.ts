/** A page that asks a classifier which was taught elsewhere: `public/` holds it and its model. */
import { Fewshot } from "fewshot";

const told = document.querySelector("#told") as HTMLElement;
const answers = document.querySelector("#answers") as HTMLElement;
const question = document.querySelector("#question") as HTMLInputElement;

const learner = await Fewshot.load("model.safetensors", {
  onProgress: ({ received }) => {
    told.textContent = `${(received / 1e6).toFixed(1)} MB of the model are here.`;
  },
});
await learner.open("classifier.safetensors");
told.textContent = `It knows ${learner.classes.map(({ name }) => name).join(", ")}.`;

question.onchange = async () => {
  for (const file of question.files ?? []) {
    const item = document.createElement("li");
    answers.append(item);
    try {
      const { label, probabilities } = await learner.classify(file);
      const shares = Object.entries(probabilities).map(([name, p]) => `${name} ${p.toFixed(3)}`);
      item.textContent = `${file.name}: ${label ?? "none of these"} (${shares.join(", ")})`;
    } catch (error) {
      item.textContent = (error as Error).message;
    }
  }
};
