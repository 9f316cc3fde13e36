"""Where the tables of the email app are collected. The value only; `apps.email.tables` has them all."""

from sqlalchemy import MetaData

METADATA = MetaData()
