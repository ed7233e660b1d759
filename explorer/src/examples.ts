/** Something to try, from `examples/*.graphql`, where `### Title` begins each and `# as EMAIL` says who asks. */
export interface Example {
  title: string;
  as: string | null;
  text: string;
}

export interface Tour {
  domain: string;
  examples: Example[];
}

const FILES = import.meta.glob<string>("../examples/*.graphql", { query: "?raw", import: "default", eager: true });
const ORDER = ["commerce", "social", "finance", "enterprise"];

export const tours: Tour[] = Object.entries(FILES)
  .map(([path, text]) => ({ domain: path.replace(/^.*\/|\.graphql$/g, ""), examples: read(text) }))
  .sort((one, other) => place(one.domain) - place(other.domain) || one.domain.localeCompare(other.domain));

export const everyExample: Example[] = tours.flatMap((tour) => tour.examples);

function read(file: string): Example[] {
  const [, ...pieces] = file.split(/^### /m);
  return pieces.map((piece) => {
    const [title = "", ...lines] = piece.trim().split("\n");
    const as = lines[0]?.match(/^# as (\S+)$/)?.[1] ?? null;
    return { title, as, text: `${(as ? lines.slice(1) : lines).join("\n")}\n` };
  });
}

function place(domain: string): number {
  const found = ORDER.indexOf(domain);
  return found < 0 ? ORDER.length : found;
}
