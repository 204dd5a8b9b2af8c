#!/usr/bin/env python3
"""Servers of test_tls: one port for each "NAME CERTIFICATE MODE" argument, printed as "NAME PORT".

Ends when its standard input does.
"""
import os
import socket
import ssl
import struct
import sys
import threading
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
GREETING = b"* OK ready\r\n"


def context(folder, cert, mode):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if cert == "weaksigned":
        ctx.set_ciphers("ALL:@SECLEVEL=0")
    if mode in ("tls10", "tls11"):
        ctx.set_ciphers("ALL:@SECLEVEL=0")
        version = {"tls10": ssl.TLSVersion.TLSv1, "tls11": ssl.TLSVersion.TLSv1_1}[mode]
        ctx.minimum_version = ssl.TLSVersion.TLSv1
        ctx.maximum_version = version
    if mode == "tls12":
        ctx.maximum_version = ssl.TLSVersion.TLSv1_2
    if mode == "tls13":
        ctx.minimum_version = ssl.TLSVersion.TLSv1_3
    ctx.load_cert_chain(f"{folder}/{cert}.pem", f"{folder}/leaf.key")
    return ctx


def until_closed(conn):
    while conn.recv(4096):
        pass


def starttls(conn, ctx, injected):
    conn.sendall(b"+OK ready\r\n")
    conn.recv(4096)
    conn.sendall(b"+OK go\r\n" + injected)
    tls = ctx.wrap_socket(conn, server_side=True)
    tls.sendall(b"+OK inside\r\n")
    until_closed(tls)


def speak_tls(conn, ctx, mode):
    tls = ctx.wrap_socket(conn, server_side=True)
    if mode == "cut":
        tls.sendall(b"* 1 FETCH (BODY[] {100}\r\nhalf")
        # FIN without close_notify
        os.close(tls.detach())
        return
    if mode == "goodbye":
        tls.sendall(GREETING)
        tls.unwrap()
        return
    if mode == "bytes":
        for byte in GREETING:
            tls.sendall(bytes([byte]))
    elif mode == "sni":
        tls.sendall(b"* OK " + (ctx.seen or "none").encode() + b"\r\n")
    else:
        tls.sendall(GREETING)
    while data := tls.recv(4096):
        tls.sendall(data)


def serve(conn, ctx, mode):
    if mode == "garbage":
        conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)
        until_closed(conn)
    elif mode == "close":
        conn.recv(4096)
    elif mode == "reset":
        conn.recv(10)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif mode == "silent":
        until_closed(conn)
    elif mode == "starttls":
        starttls(conn, ctx, b"")
    elif mode == "inject":
        starttls(conn, ctx, b"+OK injected\r\n")
    else:
        speak_tls(conn, ctx, mode)


def handle(conn, ctx, mode):
    try:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        serve(conn, ctx, mode)
    except OSError:
        pass
    finally:
        conn.close()


def accept(listener, ctx, mode):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=handle, args=(conn, ctx, mode), daemon=True).start()


def start(folder, name, cert, mode):
    ctx = context(folder, cert, mode)
    ctx.seen = None

    def seen(_tls, host, _ctx):
        ctx.seen = host

    ctx.sni_callback = seen
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener, ctx, mode), daemon=True).start()
    print(name, listener.getsockname()[1])


for arg in sys.argv[2:]:
    start(sys.argv[1], *arg.split())
print("ready", 0, flush=True)
sys.stdin.read()
