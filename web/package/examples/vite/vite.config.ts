import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  // The development server would move the package away from the module that lies beside it.
  optimizeDeps: { exclude: ["fewshot"] },
});
