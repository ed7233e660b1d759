// Runs queries on the page for developers, with as much of a browser as its script touches; tells what it shows.
const { url, queries } = JSON.parse(process.argv[2]);

const page = await (await fetch(url, { headers: { accept: "text/html" } })).text();
const [, script] = page.match(/<script>(.*?)<\/script>/s);
const elements = {};
const document = {
  addEventListener() {},
  getElementById(id) {
    const addEventListener = (_, listener) => (elements[id].click = listener);
    return (elements[id] ??= { value: "", addEventListener });
  },
};
const asked = (path, init) => fetch(new URL(path, url), init);
new Function("document", "fetch", script)(document, asked);

for (const query of queries) {
  elements.query = { value: query };
  await elements.run.click();
  const { status, answer } = elements;
  console.log(JSON.stringify({ status: status.textContent, answer: answer.textContent.replace(/\s+/g, " ") }));
}
