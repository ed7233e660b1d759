import "./page.css";
import { createRoot } from "react-dom/client";

const root = document.getElementById("explorer");
if (root) {
  const { App } = await import("./app");
  createRoot(root).render(<App />);
}
