"""The router's network as the options of the configuration say, after the cases
of firmware_cases, on the same router.
"""

import socket
import struct
import threading
import time

import cases
import firmware_cases
import router
import topology
import world
from cases import require, require_equal
from firmware_cases import case

NTP_SERVER = topology.wan_address(9, 4)
# Of linux/if_packet.h and linux/if_ether.h.
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID, ETH_P_ALL = 263, 8, 16, 3
SINCE_1900 = 2208988800  # seconds before 1970, RFC 5905 6


def committed(bench, *statements):
    """Sets them and commits; with "delete ..." in them, too."""
    lines = [line if line.startswith("delete") else f"set {line}"
             for line in statements]
    bench.router.must("; ".join(f"danegate {line}" for line in lines))
    bench.router.must("danegate commit")


def said_outside(family=4):
    """The address from which the office is seen outside."""
    outside = topology.wan_address(2, family)
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    with topology.entered(topology.WAN):
        listener = socket.socket(kind, socket.SOCK_DGRAM)
    with topology.entered(topology.LAN):
        sender = socket.socket(kind, socket.SOCK_DGRAM)
    with listener, sender:
        listener.bind((outside, 0))
        listener.settimeout(0.2)
        for _ in range(100):
            sender.sendto(b"who am I", listener.getsockname())
            try:
                return listener.recvfrom(100)[1][0]
            except TimeoutError:
                pass
    raise AssertionError("nothing comes out")


@case
def set_up_again(bench):
    """The blank router of the case before gets the lab's anchor again."""
    firmware_cases.configured_over_the_console(bench)
    bench.router.until("netstat -ltn | grep -q :10025", 30, "danegated runs")


@case
def options_are_carried_out_and_sessions_live_on(bench):
    """Name, MTU, routes, time servers, DHCP: all in force after one commit,
    while a session that needs none of it goes on."""
    mx = world.SITES["dane-ee.test"].address(4)
    with topology.connect(topology.LAN, mx, 25) as session:
        lines = session.makefile("rwb")
        require(lines.readline().startswith(b"220"), "no greeting")
        committed(bench, "system hostname gate-7",
                  "interface wan mtu 1400",
                  f"routing route 203.0.113.0/24 via {topology.MTA[4]}",
                  f"system ntp-server {NTP_SERVER}",
                  "interface lan dhcp-range 192.168.25.50 192.168.25.51",
                  "interface lan dhcp-lease 600")
        bench.router.until("[ $(hostname) = gate-7 ]", 20, "has its name")
        bench.router.until("pidof ntpd >/dev/null && "
                           f"ps | grep -q '[n]tpd.*{NTP_SERVER}'", 20,
                           "asks that server")
        bench.router.until(
            f"ip route | grep -q '203.0.113.0/24 via {topology.MTA[4]}'", 20,
            "has the route")
        bench.router.must("ip link show wan | grep -q 'mtu 1400'")
        bench.router.must("nft list chain inet router mss | grep -q maxseg")
        lines.write(b"NOOP\r\n")
        lines.flush()
        require(lines.readline().startswith(b"250"), "the session is gone")
    require_equal(offered(bench), "192.168.25.50", "address handed out")
    committed(bench, "delete system hostname", "delete interface wan mtu",
              "delete routing route", "delete interface lan")
    bench.router.until("[ $(hostname) = danegate ]", 20, "has its old name")
    bench.router.until("! ip route | grep -q 203.0.113", 20, "has no route")
    bench.router.must("ip link show wan | grep -q 'mtu 1500'")


def offered(bench):
    """What the router's DHCP server offers to a new host (RFC 2131 3.1)."""
    host = bytes.fromhex("0200da7e0001")
    packet = struct.pack("!BBBB4sHH", 1, 1, 6, 0, b"once", 0, 0x8000)
    packet += bytes(16) + host + bytes(10 + 192)
    packet += b"\x63\x82\x53\x63" + b"\x35\x01\x01\xff"
    with topology.entered(topology.LAN):
        client = socket.socket(type=socket.SOCK_DGRAM)
    with client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0\0")
        client.bind(("", 68))
        client.settimeout(1)
        for _ in range(30):
            client.sendto(packet.ljust(300, b"\0"), ("255.255.255.255", 67))
            try:
                return socket.inet_ntoa(client.recv(1500)[16:20])
            except TimeoutError:
                pass
    raise AssertionError("nothing is offered")


@case
def nat_or_routed(bench):
    """With NAT the office is seen as the router, without as itself; port 25 is
    taken over in both cases."""
    require_equal(said_outside(), router.WAN_ADDRESS, "with NAT")
    committed(bench, "routing nat off")
    bench.router.until("! nft list chain inet router nat | grep -q masq", 20,
                       "does not translate")
    require_equal(said_outside(), topology.MTA[4], "routed")
    firmware_cases.require_stripped_held(bench)
    committed(bench, "delete routing nat")
    bench.router.until("nft list chain inet router nat | grep -q masq", 20,
                       "translates")


@case
def static_wan_and_back(bench):
    """A static address with gateway and resolver carries mail like that of
    DHCP, over a restart too; and back to DHCP."""
    committed(bench, f"interface wan address {router.WAN_ADDRESS}/24",
              f"interface wan gateway {topology.wan_address(3, 4)}",
              f"dns server {topology.wan_address(firmware_cases.dns.RESOLVER, 4)}")
    bench.router.until("! pidof udhcpc", 20, "asks no DHCP server")
    bench.router.until("ip route | grep -q "
                       f"'default via {topology.wan_address(3, 4)}'", 20,
                       "has its gateway")
    firmware_cases.mail_by_dane(bench)
    bench.router.power_off()
    firmware_cases.start_closed(bench)
    bench.router.must(f"ip address show dev wan | grep -q {router.WAN_ADDRESS}")
    firmware_cases.mail_by_dane(bench)
    leases = bench.dhcp.leases
    committed(bench, "delete interface wan", "delete dns server")
    topology.until(lambda: bench.dhcp.leases > leases, 30, "asks for a lease")
    bench.router.until("[ -s /etc/resolv.conf ]", 30, "has its resolver")


def tag_of(beside):
    """The VLAN of a frame, which comes beside it: see packet(7),
    PACKET_AUXDATA. 0 for none."""
    for _, kind, data in beside:
        if kind == PACKET_AUXDATA:
            status, tag = struct.unpack_from("=I12xH", data)
            return tag & 0xfff if status & TP_STATUS_VLAN_VALID else 0
    return 0


def tags_of_questions(listener, address, count):
    """The VLANs of that many ARP requests for the address (RFC 826)."""
    found = []
    while len(found) < count:
        frame, beside, _, _ = listener.recvmsg(2000, 64)
        if frame[12:14] == b"\x08\x06" and \
                frame[38:42] == socket.inet_aton(address):
            found.append(tag_of(beside))
    return found


@case
def tagged_wan(bench):
    """With a VLAN the WAN's frames carry its tag, and none goes untagged."""
    committed(bench, "interface wan vlan 7",
              "interface wan address 10.7.0.1/24", "dns server 10.7.0.2")
    bench.router.until("ip -4 address show dev wan.7 | grep -q 10.7.0.1", 20,
                       "has the address")
    bench.router.until("! ip -4 address show dev wan | grep -q inet", 20,
                       "has no untagged address")
    with topology.entered(topology.WAN):
        listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                 socket.htons(ETH_P_ALL))
    with listener:
        listener.bind(("eth0", ETH_P_ALL))
        listener.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        listener.settimeout(30)
        bench.router.run("ping -c 1 -W 1 10.7.0.2")
        require_equal(tags_of_questions(listener, "10.7.0.2", 1), [7],
                      "the tag of who-has 10.7.0.2")
    committed(bench, "delete interface wan", "delete dns server")
    bench.router.until(f"ip address show dev wan | grep -q {router.WAN_ADDRESS}",
                       30, "is untagged again")
    bench.router.until("! ip link show dev wan.7", 20, "has no tagged port")


@case
def ipv6_is_routed_and_held(bench):
    """With an address on either side IPv6 is routed, its port 25 taken over:
    delivered by DANE, held where STARTTLS was stripped; nobody gets in."""
    committed(bench, f"interface wan address6 {topology.wan_address(1, 6)}/64",
              f"interface wan gateway6 {topology.wan_address(3, 6)}",
              f"interface lan address6 {topology.ROUTER[6]}/64")
    bench.router.until("[ $(sysctl -n net.ipv6.conf.all.forwarding) = 1 ]", 20,
                       "forwards IPv6")
    require_equal(said_outside(6), topology.MTA[6], "seen outside")
    with topology.entered(topology.LAN):
        service = socket.create_server((topology.MTA[6], 8025),
                                       family=socket.AF_INET6)
    with service:
        try:
            topology.connect(topology.WAN, topology.MTA[6], 8025,
                             seconds=1).close()
            raise AssertionError("somebody came in from the WAN")
        except TimeoutError:
            pass
    site = world.SITES["dane-ee.test"]
    letter = cases.Letter(site.domain(6))
    attempt, packets = cases.mail_to(bench, letter)
    require_equal(attempt.status, "sent", str(attempt))
    cases.require_unread(bench, packets, letter)
    letter = cases.Letter(firmware_cases.STRIPPED.domain(6))
    attempt, packets = cases.mail_to(bench, letter)
    require_equal(attempt.status, "deferred", str(attempt))
    cases.require_unread(bench, packets, letter)
    committed(bench, "delete interface wan", "delete interface lan")
    bench.router.until("[ $(sysctl -n net.ipv6.conf.all.forwarding) = 0 ]", 20,
                       "forwards no IPv6")


@case
def unconfirmed_commit_is_gone_after_a_restart(bench):
    """commit confirmed, and the power goes: the router starts with what was
    before, and its network is that, too."""
    bench.router.must("danegate set system hostname gate-8")
    bench.router.must("danegate commit confirmed 60")
    bench.router.until("[ $(hostname) = gate-8 ]", 20, "has that name")
    bench.router.power_off()
    firmware_cases.start_closed(bench)
    bench.router.until("[ $(hostname) = danegate ]", 20, "has its old name")
    firmware_cases.mail_by_dane(bench)


class TimeServer:
    """NTP in the world (RFC 5905), silent until it is told to answer."""

    def __init__(self):
        topology.add_wan_hosts([9])
        with topology.entered(topology.WAN):
            self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind((NTP_SERVER, 123))
        self.answers = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            question, sender = self.socket.recvfrom(100)
            if not self.answers:
                continue
            now = time.time() + SINCE_1900
            stamp = struct.pack("!II", int(now), int(now % 1 * 2 ** 32))
            # Server, stratum 1, precision 2^-20, no delay, ID, times.
            head = struct.pack("!BBbbII4s", 0x24, 1, 6, -20, 0, 0, b"TEST")
            self.socket.sendto(head + stamp + question[40:48] + stamp + stamp,
                               sender)


@case
def mail_waits_for_the_time(bench):
    """A board without a clock: mail is held with clock-unset until a time server
    has answered, and then goes by DANE; the time is kept over a power cut."""
    server = TimeServer()
    committed(bench, f"system ntp-server {NTP_SERVER}")
    bench.router.power_off()
    bench.router.power_on(clock=False)
    bench.router.login()
    bench.router.until("netstat -ltn | grep -q :10025", 60, "danegated runs")
    bench.router.until(f"ps | grep -q '[n]tpd.*{NTP_SERVER}'", 20, "asks it")
    require(int(bench.router.must("date +%s")) < time.time() - 60,
            "the router knows the time")
    letter = cases.Letter(world.SITES["dane-ee.test"].domain(4))
    attempt, packets = cases.mail_to(bench, letter)
    require_equal(attempt.status, "deferred", str(attempt))
    require("clock-unset" in attempt.said, attempt.said)
    cases.require_unread(bench, packets, letter)
    server.answers = True
    bench.router.until("danegate show status --json | "
                       "grep -q '\"clock_believed\":true'", 300,
                       "knows the time")
    require(abs(int(bench.router.must("date +%s")) - time.time()) < 30,
            "the router has another time")
    firmware_cases.mail_by_dane(bench)
    committed(bench, "delete system ntp-server")
