#!/usr/bin/env node
// A participant in Node with amqplib: the same two commands as client.py.
//
//   client.js submit  PKI PORT PARTICIPANT FROM TO TYPE FILE   until the receipts say accepted and delivered, or rejected
//   client.js receive PKI PORT PARTICIPANT MAILBOX             one message: acknowledged, and reported as retrieved
//
// Prints one JSON object per line. Needs nothing of this project but the certificates.
"use strict";
const amqp = require("amqplib");
const { createHash, randomUUID } = require("node:crypto");
const { readFileSync } = require("node:fs");

const PATIENCE_MS = 60_000;
const say = (fields) => console.log(JSON.stringify(fields));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const now = () => Math.floor(Date.now() / 1000);

function connect(pki, port, participant) {
  const tls = {
    ca: [readFileSync(`${pki}/ca.pem`)],
    cert: readFileSync(`${pki}/participants/${participant}.pem`),
    key: readFileSync(`${pki}/participants/${participant}.key`),
    credentials: amqp.credentials.external(),
  };
  return amqp.connect({ protocol: "amqps", hostname: "localhost", port: Number(port), vhost: "imi" }, tls);
}

// Calls `take` for each message of a queue until it returns true.
function consume(channel, queue, take) {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`nothing came to ${queue} in time`)), PATIENCE_MS);
    let done = false;
    const onMessage = async (message) => {
      if (done) return;
      try {
        if (message === null) throw new Error(`the broker ended the consumer of ${queue}`);
        done = true;
        done = await take(message);
        if (done) {
          clearTimeout(patience);
          resolve();
        }
      } catch (error) {
        clearTimeout(patience);
        reject(error);
      }
    };
    channel.consume(queue, onMessage).catch(reject);
  });
}

async function submit(pki, port, participant, from, to, type, file) {
  const body = readFileSync(file);
  const connection = await connect(pki, port, participant);
  const channel = await connection.createConfirmChannel();
  const messageId = randomUUID();
  const [area, message] = type.split("@")[0].split("/");
  channel.publish("imi.submit", `${area}.${message}`, body, {
    messageId,
    correlationId: randomUUID(),
    type,
    contentType: "application/xml",
    userId: participant,
    timestamp: now(),
    persistent: true,
    mandatory: true,
    headers: { "imi-from": from, "imi-to": to },
  });
  await channel.waitForConfirms();
  say({ submitted: messageId, sha256: sha256(body) });
  await consume(channel, `receipts.${participant}`, (delivery) => {
    const mine = JSON.parse(delivery.content).receipts.filter((receipt) => receipt.message_id === messageId);
    mine.forEach(say);
    channel.ack(delivery);
    return mine.some((receipt) => ["delivered", "rejected"].includes(receipt.outcome));
  });
  await connection.close();
}

async function receive(pki, port, participant, mailbox) {
  const connection = await connect(pki, port, participant);
  const channel = await connection.createConfirmChannel();
  await channel.prefetch(1);
  await consume(channel, `mailbox.${mailbox}`, async (delivery) => {
    const { messageId, type, userId, headers } = delivery.properties;
    say({ message_id: messageId, type, user_id: userId, headers, sha256: sha256(delivery.content) });
    channel.ack(delivery);
    channel.publish("imi.submit", "hub.retrieved", Buffer.from(JSON.stringify({ messages: [messageId] })), {
      messageId: randomUUID(),
      type: "hub/retrieved@1",
      contentType: "application/json",
      userId: participant,
      timestamp: now(),
      persistent: true,
      mandatory: true,
    });
    await channel.waitForConfirms();
    return true;
  });
  await connection.close();
}

const actions = { submit, receive };
const [action, ...words] = process.argv.slice(2);
if (!(action in actions)) {
  console.error("client.js submit|receive …: see the head of this file");
  process.exit(2);
}
actions[action](...words).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
