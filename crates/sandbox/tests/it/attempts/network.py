"""Talking to anybody at all."""

import array
import errno
import os
import socket

from attempt import attempt, check, libc, syscall

FAMILIES = "socket-families"
REACH = "network-reach"
UNIX = "unix-sockets"


@attempt(FAMILIES)
def open_tcp_socket(arena):
    socket.socket(socket.AF_INET, socket.SOCK_STREAM)


@attempt(FAMILIES, "exists")
def open_tcp6_socket(arena):
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM)


@attempt(FAMILIES)
def open_udp_socket(arena):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


@attempt(FAMILIES, "root")
def open_raw_socket(arena):
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)


@attempt(FAMILIES)
def open_netlink_socket(arena):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)


@attempt(FAMILIES, "exists")
def open_packet_socket(arena):
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)


@attempt(FAMILIES, "exists")
def open_vsock_socket(arena):
    socket.socket(40, socket.SOCK_STREAM)


@attempt(FAMILIES, "exists")
def open_crypto_socket(arena):
    socket.socket(38, socket.SOCK_SEQPACKET)


@attempt(FAMILIES, "exists")
def open_bluetooth_socket(arena):
    socket.socket(31, socket.SOCK_RAW, 1)


@attempt(FAMILIES)
def open_unix_socket(arena):
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


@attempt(FAMILIES, "exists")
def open_socket_of_every_other_family(arena):
    for family in range(0, 50):
        for kind in (1, 2, 3, 5):
            try:
                socket.socket(family, kind)
                return
            except OSError:
                pass
    raise PermissionError(1, "none")


@attempt(FAMILIES)
def open_pair_of_datagram_sockets(arena):
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


@attempt(REACH)
def reach_tcp_of_the_host(arena):
    socket.create_connection(("127.0.0.1", int(arena.fact("tcp"))), 2).sendall(b"escaped")


@attempt(REACH)
def reach_udp_of_the_host(arena):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.sendto(b"escaped", ("127.0.0.1", int(arena.fact("udp"))))


@attempt(REACH, "exists")
def reach_metadata_address(arena):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect(("169.254.169.254", 80))


@attempt(REACH, "exists")
def ask_a_name_server(arena):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.sendto(b"\0" * 12, ("127.0.0.53", 53))


@attempt(REACH)
def listen_where_the_host_could_connect(arena):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()


@attempt(UNIX)
def reach_unix_socket_by_path(arena):
    client = socket.socket(socket.AF_UNIX)
    client.connect(arena.shown("socket"))
    client.sendall(b"escaped")


@attempt(UNIX)
def reach_unix_socket_by_abstract_name(arena):
    client = socket.socket(socket.AF_UNIX)
    client.connect("\0" + arena.fact("abstract"))
    client.sendall(b"escaped")


@attempt(UNIX)
def redirect_pair_to_unix_socket(arena):
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"escaped", arena.shown("datagrams"))


@attempt(UNIX)
def redirect_raw_pair_to_unix_socket(arena):
    # For unix sockets the kernel takes "raw" to mean datagrams.
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW)
    one.sendto(b"escaped", arena.shown("datagrams"))


@attempt(UNIX)
def receive_descriptor_of_the_host(arena):
    client = socket.socket(socket.AF_UNIX)
    client.connect(arena.shown("socket"))
    client.sendall(b"descriptor")
    _, ancillary, _, _ = client.recvmsg(1, socket.CMSG_SPACE(4))
    fds = array.array("i")
    fds.frombytes(ancillary[0][2])
    if b"secret" not in os.pread(fds[0], 100, 0):
        raise PermissionError(1, "no secret")


@attempt(UNIX)
def serve_unix_socket_to_the_host(arena):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(arena.free("served"))
