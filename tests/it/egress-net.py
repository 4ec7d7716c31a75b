"""Answers on ports, and tries whether somebody answers. Words: listen, try PROTO ADDRESS PORT [SOURCE], tagged INTERFACE, or
hold ADDRESS PORT DIRECTORY (a connection that is used again once DIRECTORY/go is there)."""
import os
import socket
import struct
import sys
import threading
import time

TCP = [22, 53, 80, 443, 853, 8443]
UDP = [123, 5353]
# A question for good.test, which dnsmasq answers and we return as it is.
QUERY = struct.pack(">6H", 7, 256, 1, 0, 0, 0) + b"\4good\4test\0" + struct.pack(">2H", 1, 1)


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def listening(kind, port):
    server = socket.socket(socket.AF_INET6, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", port))
    return server


def tcp(server):
    server.listen(16)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=echo, args=(connection,), daemon=True).start()


def echo(connection):
    try:
        while data := connection.recv(1024):
            connection.sendall(data)
    except OSError:
        pass


def udp(server):
    while True:
        data, peer = server.recvfrom(1024)
        server.sendto(data, peer)


def listen():
    for port in TCP:
        try:
            server = listening(socket.SOCK_STREAM, port)
        except OSError:
            continue
        threading.Thread(target=tcp, args=(server,), daemon=True).start()
    for port in UDP:
        threading.Thread(target=udp, args=(listening(socket.SOCK_DGRAM, port),), daemon=True).start()
    threading.Event().wait()


def attempt(proto, address, port, source=None):
    kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family(address), kind) as client:
        client.settimeout(0.7)
        if source:
            client.bind((source, 0))
        client.connect((address, int(port)))
        client.sendall(QUERY)
        return bool(client.recv(1024))


def hold(address, port, directory):
    with socket.socket(family(address), socket.SOCK_STREAM) as client:
        client.settimeout(2)
        client.connect((address, int(port)))
        for step in ("one", "two"):
            client.sendall(step.encode())
            said = client.recv(16).decode()
            open(os.path.join(directory, step), "w").write(said)
            while step == "one" and not os.path.exists(os.path.join(directory, "go")):
                time.sleep(0.05)
    return True


def tagged(interface):
    """One broadcast from the interface's own address, in network 5."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((interface, 0))
        own = sender.getsockname()[4]
        sender.send(b"\xff" * 6 + own + struct.pack(">3H", 0x8100, 5, 0x0800) + b"\x45" + b"\0" * 59)
    return True


WHAT = {"tagged": tagged, "listen": listen, "try": attempt, "hold": hold}
try:
    good = WHAT[sys.argv[1]](*sys.argv[2:])
except OSError:
    good = False
print("yes" if good else "no")
sys.exit(0 if good else 1)
