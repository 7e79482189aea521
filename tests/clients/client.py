#!/usr/bin/env python3
"""A participant in Python with pika: submits a document and prints its receipts, or reads one message of a mailbox.

    client.py submit  PKI PORT PARTICIPANT FROM TO TYPE FILE   until the receipts say accepted and delivered, or rejected
    client.py receive PKI PORT PARTICIPANT MAILBOX             one message: acknowledged, and reported as retrieved

Prints one JSON object per line. Needs nothing of this project but the certificates.
"""
import hashlib
import json
import ssl
import sys
import time
import uuid

import pika

PATIENCE_SECONDS = 60


def connect(pki, port, participant):
    context = ssl.create_default_context(cafile=f"{pki}/ca.pem")
    context.load_cert_chain(f"{pki}/participants/{participant}.pem", f"{pki}/participants/{participant}.key")
    parameters = pika.ConnectionParameters(
        host="localhost",
        port=int(port),
        virtual_host="imi",
        credentials=pika.credentials.ExternalCredentials(),
        ssl_options=pika.SSLOptions(context, "localhost"),
        blocked_connection_timeout=PATIENCE_SECONDS,
    )
    return pika.BlockingConnection(parameters)


def say(**fields):
    print(json.dumps(fields), flush=True)


def submit(pki, port, participant, sender, recipient, message_type, file):
    with open(file, "rb") as document:
        body = document.read()
    connection = connect(pki, port, participant)
    channel = connection.channel()
    channel.confirm_delivery()
    message_id = str(uuid.uuid4())
    area, message = message_type.split("@")[0].split("/")
    properties = pika.BasicProperties(
        message_id=message_id,
        correlation_id=str(uuid.uuid4()),
        type=message_type,
        content_type="application/xml",
        user_id=participant,
        timestamp=int(time.time()),
        delivery_mode=2,
        headers={"imi-from": sender, "imi-to": recipient},
    )
    channel.basic_publish("imi.submit", f"{area}.{message}", body, properties, mandatory=True)
    say(submitted=message_id, sha256=hashlib.sha256(body).hexdigest())
    awaited = {"delivered"}
    for method, properties, body in channel.consume(f"receipts.{participant}", inactivity_timeout=PATIENCE_SECONDS):
        if method is None:
            sys.exit("no receipt came in time")
        for receipt in json.loads(body)["receipts"]:
            if receipt["message_id"] == message_id:
                say(**receipt)
                awaited.discard("delivered" if receipt["outcome"] in ("delivered", "rejected") else "")
        channel.basic_ack(method.delivery_tag)
        if not awaited:
            break
    connection.close()


def receive(pki, port, participant, mailbox):
    connection = connect(pki, port, participant)
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_qos(prefetch_count=1)
    for method, properties, body in channel.consume(f"mailbox.{mailbox}", inactivity_timeout=PATIENCE_SECONDS):
        if method is None:
            sys.exit("no message came in time")
        say(
            message_id=properties.message_id,
            type=properties.type,
            user_id=properties.user_id,
            headers=properties.headers,
            sha256=hashlib.sha256(body).hexdigest(),
        )
        channel.basic_ack(method.delivery_tag)
        report = pika.BasicProperties(
            message_id=str(uuid.uuid4()),
            type="hub/retrieved@1",
            content_type="application/json",
            user_id=participant,
            timestamp=int(time.time()),
            delivery_mode=2,
        )
        stored = json.dumps({"messages": [properties.message_id]})
        channel.basic_publish("imi.submit", "hub.retrieved", stored, report, mandatory=True)
        break
    connection.close()


if __name__ == "__main__":
    actions = {"submit": submit, "receive": receive}
    if len(sys.argv) < 2 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    actions[sys.argv[1]](*sys.argv[2:])
