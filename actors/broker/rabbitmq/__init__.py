"""The broker on RabbitMQ, through pika. Nobody outside imports it but by URL scheme."""
