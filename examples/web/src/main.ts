// node dist/main.js products [SIZE] | order METHOD [KEY] | cancel ORDER | follow [CURSOR]   with GATEWAY_URL and GATEWAY_TOKEN
import { Gateway } from "./gateway.js";
import { cancel, order, orderEvents, products } from "./shop.js";

const { GATEWAY_URL = "http://127.0.0.1:8000/graphql", GATEWAY_TOKEN = "" } = process.env;
const gateway = new Gateway(GATEWAY_URL, () => GATEWAY_TOKEN);
const say = (value: unknown) => console.log(JSON.stringify(value));

const commands: Record<string, (...words: string[]) => Promise<void>> = {
  async products(size = "20") {
    for await (const page of products(gateway, Number(size))) say(page);
  },
  async order(method = "pm_card_visa", key = crypto.randomUUID()) {
    say(await order(gateway, method, key));
  },
  async cancel(id = "", key = crypto.randomUUID()) {
    say(await cancel(gateway, id, key));
  },
  async follow(cursor = "oldest") {
    for await (const event of orderEvents(gateway, cursor)) say(event);
  },
};

const [name = "", ...words] = process.argv.slice(2);
const command = commands[name];
if (command) await command(...words);
else console.error(`say what to do: ${Object.keys(commands).join(", ")}`);
