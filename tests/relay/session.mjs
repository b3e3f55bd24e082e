// A short conversation of amqplib: consume, publish, acknowledge, leave. Arguments: folder with amqplib, URL.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, url] = process.argv.slice(2);
const amqplib = createRequire(join(folder, "package.json"))("amqplib");

const connection = await amqplib.connect(url);
const channel = await connection.createConfirmChannel();
await channel.prefetch(5);
const got = new Promise((resolve) => {
  channel.consume("dispatch", (message) => {
    channel.ack(message);
    resolve();
  });
});
const options = { persistent: true, contentType: "application/json", headers: { own: [1, { deep: true }] } };
channel.publish("hubsante", "key", Buffer.alloc(200_000, "é"), options);
await channel.waitForConfirms();
await got;
await channel.close();
await connection.close();
