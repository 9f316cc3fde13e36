"""The plain way from a queue to a mail server: what is written first when nobody expects a million people.

One process, one message at a time: pika's `BlockingConnection`, the person's row from PostgreSQL, both parts rendered
by Jinja2, the mail put together by `email.mime`, `smtplib` on one kept connection, one row of the ledger committed,
one ack. Templates are compiled once and nothing slows it down on purpose. Runs in the thread that calls.
"""

import json
import smtplib
import time
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, formatdate, make_msgid
from typing import Any

import jinja2
import pika
import psycopg

from benchmarks.mail_site import DATA, HTML, SUBJECT, TEXT, Site

QUEUE = "bench.plain.mail"
PREFETCH = 200
TABLE = (
    "CREATE TABLE IF NOT EXISTS plain_ledger (person text PRIMARY KEY, state text NOT NULL, at timestamptz NOT NULL)"
)


class PlainMailer:
    """Everything that is kept from mail to mail."""

    def __init__(self, site: Site) -> None:
        environment = jinja2.Environment(autoescape=True)
        self.subject, self.text = (jinja2.Environment().from_string(source) for source in (SUBJECT, TEXT))
        self.html = environment.from_string(HTML)
        self.database = psycopg.connect(site.sql_url)
        self.database.execute(TABLE)
        self.database.commit()
        self.smtp = smtplib.SMTP("127.0.0.1", site.sink_port)
        self.smtp.ehlo()

    def send(self, person_id: str, data: dict[str, Any]) -> None:
        row = self.database.execute("SELECT name, address FROM people_profiles WHERE id = %s", (person_id,)).fetchone()
        assert row is not None
        name, address = row
        mail = self._mail(name, address, data)
        self.smtp.sendmail("no-reply@example.org", [address], mail.as_string())
        self.database.execute("INSERT INTO plain_ledger VALUES (%s, 'sent', now())", (person_id,))
        self.database.commit()

    def _mail(self, name: str, address: str, data: dict[str, Any]) -> MIMEMultipart:
        values = {**data, "person": {"name": name, "address": address}, "lang": "en"}
        mail = MIMEMultipart("alternative")
        mail["From"] = formataddr(("Rookery", "no-reply@example.org"))
        mail["To"] = formataddr((name, address))
        mail["Subject"] = self.subject.render(values)
        mail["Date"] = formatdate()
        mail["Message-ID"] = make_msgid(domain="example.org")
        mail.attach(MIMEText(self.text.render(values), "plain", "utf-8"))
        mail.attach(MIMEText(self.html.render(values), "html", "utf-8"))
        return mail

    def close(self) -> None:
        self.smtp.quit()
        self.database.close()


def mails_per_second(site: Site, people: list[str]) -> float:
    """Publish one message per person, then send to each of them."""
    connection = pika.BlockingConnection(pika.URLParameters(site.amqp))
    channel = connection.channel()
    channel.queue_delete(QUEUE)
    channel.queue_declare(QUEUE, durable=True)
    properties = pika.BasicProperties(delivery_mode=2, content_type="application/json")
    for person in people:
        channel.basic_publish("", QUEUE, json.dumps({"person": person, "data": DATA}).encode(), properties)
    mailer, left = PlainMailer(site), len(people)
    mailer.database.execute("DELETE FROM plain_ledger")
    mailer.database.commit()

    def handle(channel: Any, method: Any, properties: Any, body: bytes) -> None:
        nonlocal left
        job = json.loads(body)
        mailer.send(job["person"], job["data"])
        channel.basic_ack(method.delivery_tag)
        left -= 1
        if not left:
            channel.stop_consuming()

    channel.basic_qos(prefetch_count=PREFETCH)
    channel.basic_consume(QUEUE, handle)
    start = time.perf_counter()
    channel.start_consuming()
    took = time.perf_counter() - start
    mailer.close()
    channel.queue_delete(QUEUE)
    connection.close()
    return len(people) / took
