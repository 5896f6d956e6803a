"""A producer of OpenC2 that others wrote, otupy, through a proxy that holds a client's certificate.

In: port of the actuator, certificate and key for the proxy's own side, certificate and key of the producer, name, measure,
time in milliseconds. Out: one line of JSON for each command: what was sent, and the status that came back. Never: a
command that is not one of otupy's own objects.
"""

import json
import logging
import select
import socket
import ssl
import sys
import threading
import warnings

import otupy
from otupy.encoders.json import JSONEncoder
from otupy.profiles import slpf
from otupy.transfers.http import HTTPSTransfer

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
port, own, own_key, client, client_key, name, measure, now = sys.argv[1:]


def pump(near, far):
    """Copies both ways in one thread: two threads may not use one TLS connection at a time."""
    other = {near: far, far: near}
    try:
        while True:
            ready = [end for end in other if end.pending()]
            ready = ready or select.select(list(other), [], [])[0]
            for end in ready:
                # What is ready may be a record without data, such as a ticket.
                end.setblocking(False)
                try:
                    data = end.recv(65536)
                except ssl.SSLWantReadError:
                    continue
                finally:
                    end.setblocking(True)
                if not data:
                    return
                other[end].sendall(data)
    except OSError:
        return
    finally:
        near.close()
        far.close()


def proxy():
    """TLS on both sides: otupy shows no certificate, the actuator asks for one."""
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(own, own_key)
    outside = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    outside.check_hostname = False
    outside.verify_mode = ssl.CERT_NONE
    outside.load_cert_chain(client, client_key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            plain, _ = listener.accept()
            try:
                near = inside.wrap_socket(plain, server_side=True)
                far = outside.wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname="localhost")
            except OSError:
                continue
            threading.Thread(target=pump, args=(near, far), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


@otupy.extension(nsid="x-sakimori")
class Profile(otupy.Profile):
    nsid = "x-sakimori"
    name = "sakimori"


@otupy.actuator(nsid="x-sakimori")
class Specifiers(otupy.Map):
    fieldtypes = dict(actuator=str, measure=str, revision=int, step=int, created=int)

    def __init__(self, dic):
        self.nsid = "x-sakimori"
        otupy.Map.__init__(self, dic)


@otupy.extension(nsid="x-sakimori")
class Results(otupy.Results):
    # otupy puts what stands in several namespaces into the class of the last one, so that class knows packet filtering's member too.
    fieldtypes = dict(until=int, receipt=str, rule_number=int)


def specifiers(step):
    return Specifiers(dict(actuator=name, measure=measure, revision=1, step=step, created=int(now)))


producer = otupy.Producer("office.example", JSONEncoder(), HTTPSTransfer("127.0.0.1", proxy()))
end = otupy.DateTime(int(now) + 600_000)
ways = dict(direction=slpf.Direction.both, persistent=False)
address = otupy.IPv4Net("198.51.100.7")
commands = [
    ("features", otupy.Actions.query, otupy.Features([otupy.Feature.versions, otupy.Feature.profiles, otupy.Feature.pairs, otupy.Feature.rate_limit]), None, None),
    ("deny", otupy.Actions.deny, address, slpf.Args(dict(stop_time=end, **ways)), specifiers(1)),
    ("deny a name", otupy.Actions.deny, otupy.DomainName("evil.example"), otupy.Args(dict(stop_time=end)), specifiers(1)),
    ("without an end", otupy.Actions.deny, address, slpf.Args(ways), specifiers(2)),
    ("without a direction", otupy.Actions.deny, address, otupy.Args(dict(stop_time=end)), specifiers(2)),
    ("not approved", otupy.Actions.deny, otupy.IPv4Net("203.0.113.0/24"), slpf.Args(dict(stop_time=end, **ways)), specifiers(1)),
    ("without a measure", otupy.Actions.deny, address, slpf.Args(dict(stop_time=end, **ways)), slpf.Specifiers({"hostname": "fw.example"})),
    ("scan", otupy.Actions.scan, address, None, specifiers(3)),
    ("allow", otupy.Actions.allow, address, slpf.Args(ways), specifiers(4)),
]
for number, (what, action, target, args, actuator) in enumerate(commands):
    command = otupy.Command(action, target, args, actuator)
    if what != "features":
        command.command_id = f"otupy-{number}"
    answer = producer.sendcmd(command, consumers=[name])
    content = answer.content
    print(json.dumps({"what": what, "status": int(content["status"].value), "text": str(content.get("status_text"))}), flush=True)
