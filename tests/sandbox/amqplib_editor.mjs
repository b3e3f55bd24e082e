// An LRM written with amqplib: reads its queue, acknowledges each message with an RC-REF, unless told not to.
// node amqplib_editor.mjs <folder with node_modules> <amqp url> <client id> ack|mute
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";

const [, , modules, url, client, manner] = process.argv;
const amqp = createRequire(`${modules}/package.json`)("amqplib");

const stamp = (ahead) => new Date(Date.now() + ahead).toISOString().slice(0, 19) + "+00:00";

function reference(source) {
  const distributionID = `${client}_${randomUUID()}`;
  const sentAt = stamp(0);
  const to = source.senderID;
  return {
    distributionID,
    senderID: client,
    dateTimeSent: sentAt,
    dateTimeExpires: stamp(86_400_000),
    distributionStatus: "Actual",
    distributionKind: "Ack",
    descriptor: {
      language: "fr-FR",
      explicitAddress: { explicitAddressScheme: "hubex", explicitAddressValue: to },
    },
    content: [{ jsonContent: { embeddedJsonContent: { message: {
      messageId: distributionID,
      sender: { name: client, URI: `hubex:${client}` },
      sentAt,
      kind: "Ack",
      status: "Actual",
      recipient: [{ name: to, URI: `hubex:${to}` }],
      reference: { distributionID: source.distributionID },
    } } } }],
  };
}

const connection = await amqp.connect(url);
const channel = await connection.createConfirmChannel();
for (const name of ["message", "ack", "info"]) {
  await channel.checkQueue(`${client}.${name}`);
  await channel.consume(`${client}.${name}`, async (delivery) => {
    if (name === "message" && manner === "ack") {
      const body = Buffer.from(JSON.stringify(reference(JSON.parse(delivery.content.toString()))));
      channel.publish("hubsante", client, body, { contentType: "application/json", persistent: true });
      await channel.waitForConfirms();
    }
    channel.ack(delivery);
  });
}
console.log("ready");
process.stdin.resume();
process.stdin.on("end", () => connection.close().then(() => process.exit(0)));
