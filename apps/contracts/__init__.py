"""Contracts: the protobuf schemas of what services say to each other, their generated modules, and `rookery rpc`.

A service is defined in its .proto file, served by the app that owns it (`actors.rpc.server_spec`), and called by name.
`make contracts` generates the modules anew.
"""

from supervision.app import App

APP = App(name="contracts", verbs="apps.contracts.verbs:VERBS", commands="apps.contracts.commands:rpc")
