"""The firmware's promises, each as a case: a function of the bench whose
docstring says what is promised. They are run in order, on one router.
"""

import contextlib
import importlib.machinery
import importlib.util
import json
import re
import threading
import time

import capture
import cases
import dhcpd
import dns
import gateway
import mail
import router
import topology
import world
from cases import require, require_equal, require_fields

CASES = []


def case(function):
    CASES.append(function)
    return function


class Bench:
    """The lab's office and world with the router between them."""

    def __init__(self, everything, box):
        self.world, self.router = everything, box
        self.mta, self.mx = everything.mta, everything.mx
        self.capture = everything.capture
        self.dhcp = dhcpd.Server(router.WAN_ADDRESS,
                                 topology.wan_address(2, 4),
                                 topology.wan_address(3, 4),
                                 topology.wan_address(dns.RESOLVER, 4))
        self.times = {}

    def decisions(self, domain):
        text = self.router.run("logread | grep ' decision '")[1]
        return [event for event in
                (gateway.parse_event(line[line.index("decision "):])
                 for line in text.splitlines() if "decision " in line)
                if event.get("domain") == domain]


class Knocker:
    """Somebody in the office who tries to reach an MX host's port 25, over and
    over, and says his letter to whoever answers."""

    def __init__(self, site):
        self.address = site.address(4)
        self.letter = cases.Letter(site.domain(4))
        self.attempts = self.answers = self.refusals = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._knock, daemon=True)

    def _knock(self):
        while not self.over.is_set():
            self.attempts += 1
            try:
                with topology.connect(topology.LAN, self.address, 25,
                                      seconds=1) as line:
                    self._talk(line)
            except ConnectionRefusedError:
                self.refusals += 1
                self.over.wait(0.05)
            except OSError:
                pass

    def _talk(self, line):
        for words in ("", "EHLO office.example\r\n",
                      f"MAIL FROM:<{cases.SENDER}>\r\n",
                      f"RCPT TO:<{self.letter.recipient}>\r\n"):
            line.sendall(words.encode())
            if line.recv(2000):
                self.answers += 1


@contextlib.contextmanager
def knocking(site):
    knocker = Knocker(site)
    knocker.thread.start()
    yield knocker
    knocker.over.set()
    knocker.thread.join(30)


def require_nothing_out(bench, packets, knocker):
    require_equal(capture.found_in_clear(packets, knocker.letter.envelope()),
                  [], "in clear on the WAN")
    require(knocker.letter.secret.encode() not in
            bench.world.seen_by_others(), "a wrong server was told")


def to_port_25(packets):
    return [p for p in packets if p.destination[1] == 25]


STRIPPED = world.SITES["stripped.test"]
POSTFIX_BY_DANE = [world.SITES[name] for name in (
    "dane-ee.test", "dane-ta.test", "ee-rsa-postfix.test",
    "ta-ec-postfix.test", "tls12.test")]
# More than what is buffered on the way.
FILLING = (b"x" * 70 + b"\r\n") * 500
SESSIONS = 200  # the default of proxy max-sessions


def _script(name):
    """A script of firmware/build as a module."""
    path = gateway.TOP / "firmware" / "build" / name
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


ram = _script("ram")


@case
def first_start_is_closed_until_the_daemon_runs(bench):
    """From power-on no packet to port 25 gets out before the daemon answers,
    while the office tries all the time; the blank router says and asks what the
    manual has, in its order."""
    blocked, *between, taken = router.SIGNS
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        bench.router.power_on()
        bench.times["first start: block in place"] = \
            bench.router.expect(blocked)
        for sign in between:
            bench.router.expect(sign)
        bench.times["first start: forwarding"] = bench.router.expect(taken)
        bench.router.first_login()
        bench.times["first start: logged in"] = \
            time.monotonic() - bench.router.on_since
        bench.router.until("pidof danegated", 30, "danegated runs")
    require_nothing_out(bench, packets, knocker)


@case
def rules_and_addresses_are_in_place(bench):
    """Both tables, the mark's route, the WAN's address by DHCP, forwarding of
    IPv4 alone, a read-only root."""
    tables = bench.router.must("nft list tables")
    for table in ("inet router", "inet danegate"):
        require(f"table {table}\n" in tables, f"no table {table}: {tables}")
    require("0xda0000/0xff0000" in bench.router.must("ip rule"), "no rule")
    bench.router.until(f"ip address show dev wan | grep -q {router.WAN_ADDRESS}",
                       30, "the WAN has its address")
    require_equal(bench.router.must(
        "sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding"), "1\n0\n",
        "forwarding")
    require(bench.router.run("touch /etc/x")[0] != 0, "the root is writable")


@case
def applying_the_rules_twice_changes_nothing(bench):
    """`danegate firewall apply` with this router's ip and nft, once more."""
    state = "nft list ruleset; ip rule; ip -6 rule; ip route show table 218"
    before = bench.router.must(state)
    bench.router.must("danegate firewall apply")
    require_equal(bench.router.must(state), before, "state")


@case
def memory_fits(bench):
    """Of 64 MiB no more are in use when nothing goes on than the sum for the worst
    case allows."""
    words = bench.router.must("free -k").split("Mem:")[1].split()
    total, used = int(words[0]), int(words[1])
    print(f"      memory: {used} of {total} KiB used")
    require(total < ram.RAM, f"the router has {total} KiB")
    require(used < ram.parts()[ram.IDLE], f"{used} KiB are in use")


def restarted(bench, command):
    """Runs it, and waits until another danegated listens."""
    old = bench.router.must("pidof danegated").strip()
    bench.router.must(command)
    bench.router.until(f"netstat -ltn | grep -q :10025 && "
                       f"[ \"$(pidof danegated)\" != {old} ]", 60,
                       "danegated is back")


@case
def idle_shell_is_small(bench):
    """danegate at the console, waiting for its `start shell` to end: less than
    1 MiB that is its own."""
    text = bench.router.must("grep '^Rss' /proc/$(pidof danegate)/status")
    sizes = dict(re.findall(r"Rss(\w+):\s+(\d+) kB", text))
    print(f"      idle shell: {sizes['Anon']} KiB of its own, "
          f"{sizes['File']} KiB of its file", flush=True)
    require(0 < int(sizes["Anon"]) < 1024, text)


@case
def configured_over_the_console(bench):
    """The lab's trust anchor, by the serial line; danegated takes it."""
    for line in bench.world.tree.anchor.read_text().splitlines():
        # A tab would complete a file's name.
        line = " ".join(line.split())
        bench.router.must(f"echo '{line}' >>/etc/danegate/anchor")
    bench.router.must("echo 'set dns trust-anchor-file /etc/danegate/anchor' "
                      ">>/etc/danegate/danegate.conf")
    bench.router.must("danegate config check /etc/danegate/danegate.conf")
    restarted(bench, "killall danegated")
    require_equal(bench.router.must("cat /etc/resolv.conf").strip(),
                  f"nameserver {topology.wan_address(dns.RESOLVER, 4)}",
                  "resolver")


@case
def mail_by_dane(bench):
    """A letter to a domain with TLSA records arrives whole, authenticated."""
    site = world.SITES["dane-ee.test"]
    letter = cases.Letter(site.domain(4))
    attempt, packets = cases.mail_to(bench, letter)
    require_equal(attempt.status, "sent", str(attempt))
    received = bench.mx.wait_for_message(letter.recipient)
    require(received.endswith(letter.text.replace(b"\r\n", b"\n")),
            "it arrived changed")
    cases.require_unread(bench, packets, letter)
    decision = bench.decisions(letter.domain)[-1]
    require_fields(decision, verdict="relay", auth="dane-ee", reason="ok")


def require_stripped_held(bench):
    letter = cases.Letter(STRIPPED.domain(4))
    attempt, packets = cases.mail_to(bench, letter)
    require_equal(attempt.status, "deferred", str(attempt))
    require("starttls-missing" in attempt.said, attempt.said)
    cases.require_unread(bench, packets, letter)


@case
def stripped_is_held(bench):
    """A letter whose session was stripped of STARTTLS stays in the queue."""
    require_stripped_held(bench)


@contextlib.contextmanager
def many_sessions(bench):
    """As many as there may be, each in the middle of its message."""
    conf = "/etc/danegate/danegate.conf"
    bench.router.must(f"cp {conf} /tmp/conf; echo 'set proxy "
                      f"max-sessions-per-client 0' >>{conf}; "
                      "danegate request reload")
    letters = [cases.Letter(site.domain(4)) for site in POSTFIX_BY_DANE
               for _ in range(SESSIONS // len(POSTFIX_BY_DANE))]
    with contextlib.ExitStack() as open_ones:
        open_ones.callback(
            bench.router.must, f"rm -f /tmp/full; cat /tmp/conf >{conf}; "
            "rm /tmp/conf; danegate request reload")
        sessions = []
        for letter in letters:
            session = open_ones.enter_context(mail.Dialogue(
                topology.LAN, world.SITES[letter.domain[3:]].address(4)))
            session.ehlo()
            session.docmd("MAIL", f"FROM:<{cases.SENDER}>")
            require_equal(session.docmd("RCPT", f"TO:<{letter.recipient}>")[0],
                          250, f"recipient {letter.recipient}")
            require_equal(session.docmd("DATA")[0], 354, "data")
            session.send(letter.text + FILLING)
            sessions.append(session)
        yield letters, sessions


def require_within_bounds(bench):
    """The router at its limits holds what firmware/build/ram says of it."""
    bounds = ram.parts()
    shown = json.loads(bench.router.must("danegate show memory --json"))
    free = bench.router.must("free -k").split("Mem:")[1].split()
    tcp = bench.router.must("cat /proc/sys/net/ipv4/tcp_mem").split()
    own = bounds[ram.LIMIT] + bounds[ram.BESIDE]
    print(f"      {SESSIONS} sessions and a full /tmp: {free[1]} KiB used, "
          f"{free[5]} available; danegated {shown['resident_bytes'] >> 10} "
          f"KiB, by its books {shown['sum_bytes'] >> 10}", flush=True)
    require(int(free[0]) >= ram.RAM - bounds[ram.KERNEL], f"{free[0]} KiB")
    require(shown["resident_bytes"] <=
            shown["program_bytes"] + (own << 10), f"{shown}")
    require(abs(shown["resident_bytes"] - shown["sum_bytes"]) <=
            shown["resident_bytes"] / 10, f"{shown}")
    require(int(free[1]) <= bounds[ram.IDLE] + own + bounds[ram.TCP],
            f"{free[1]} KiB are in use")
    require(int(tcp[2]) * 4 <= bounds[ram.TCP], f"tcp_mem {tcp}")


@case
def all_sessions_fit(bench):
    """As many messages at once as there may be sessions, each half said, over TLS
    to five servers, and /tmp is full: memory is within the sum that was printed
    when the image was built, nobody was killed, and all arrive."""
    daemon = bench.router.must("pidof danegated")
    with bench.capture.watch() as packets, \
            many_sessions(bench) as (letters, sessions):
        bench.router.run("dd if=/dev/zero of=/tmp/full bs=64k")
        require_within_bounds(bench)
        for session in sessions:
            session.send(b".\r\n")
            require_equal(session.getreply()[0], 250, "end of data")
        bench.router.must("! dmesg | grep -i 'out of memory'")
    for letter in letters:
        require(bench.mx.wait_for_message(letter.recipient).endswith(
            (letter.text + FILLING).replace(b"\r\n", b"\n")), "changed")
    require_equal(capture.found_in_clear(packets, [b"RCPT TO"]), [], "in clear")
    require_equal(bench.router.must("pidof danegated"), daemon, "danegated")


@case
def killed_daemon_comes_back(bench):
    """kill -9: init starts it again, and mail goes on."""
    restarted(bench, "killall -9 danegated")
    require_stripped_held(bench)


@case
def nothing_leaks_while_the_daemon_is_away(bench):
    """With a configuration that danegated refuses it stays away: whoever tries
    is refused, and no packet to port 25 gets out."""
    conf = "/etc/danegate/danegate.conf"
    bench.router.must(f"cp {conf} /tmp/good; echo 'set nothing' >>{conf}; "
                      "killall -9 danegated")
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        topology.until(lambda: knocker.refusals > 20, 60, "is refused")
    require_equal(to_port_25(packets), [], "packets to port 25 on the WAN")
    require_equal(knocker.answers, 0, "answers")
    bench.router.must(f"cp /tmp/good {conf}")
    bench.router.until("netstat -ltn | grep -q :10025", 30,
                       "danegated is back")
    require_stripped_held(bench)


@case
def nothing_leaks_without_the_daemons_table(bench):
    """The router's own rules refuse port 25 when danegate's are gone."""
    bench.router.must("danegate firewall remove")
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        topology.until(lambda: knocker.refusals > 20, 60, "is refused")
    require_equal(to_port_25(packets), [], "packets to port 25 on the WAN")
    bench.router.must("danegate firewall apply")
    require_stripped_held(bench)


@case
def power_cut_keeps_configuration_and_block(bench):
    """The plug is pulled; the next start is closed from the first packet, with
    the password and the configuration of before, and mail goes on."""
    bench.router.power_off()
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        bench.router.power_on()
        bench.times["later start: block in place"] = bench.router.expect(
            "danegate: port 25 is blocked")
        bench.times["later start: forwarding"] = bench.router.expect(
            "danegate: port 25 of the LAN goes through danegated")
        bench.router.login()
        bench.router.until("netstat -ltn | grep -q :10025", 30,
                           "danegated runs")
        bench.router.until("[ -s /etc/resolv.conf ]", 30, "DHCP is done")
    bench.times["later start: mail can flow"] = \
        time.monotonic() - bench.router.on_since
    require_nothing_out(bench, packets, knocker)
    mail_by_dane(bench)


@case
def clean_reboot_keeps_configuration(bench):
    """`reboot` ends in order, and the router comes back the same."""
    bench.router.send("reboot")
    bench.router.stops(90)
    bench.router.power_on()
    bench.router.login()
    bench.router.must("grep -q trust-anchor-file /etc/danegate/danegate.conf")


@case
def broken_configuration_starts_closed(bench):
    """A configuration that cannot be used: the console comes up, nothing is
    forwarded, no packet to port 25 gets out."""
    conf = "/etc/danegate/danegate.conf"
    bench.router.must(f"cp {conf} {conf}.good; echo 'set nothing' >>{conf}; "
                      "sync")
    bench.router.power_off()
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        bench.router.power_on()
        bench.router.expect("danegate: THE INTERCEPTION FAILED")
        bench.router.login()
        so_far = knocker.attempts
        topology.until(lambda: knocker.attempts > so_far + 5, 60, "tries")
    require_equal(knocker.answers, 0, "answers")
    require_equal(to_port_25(packets), [], "packets to port 25 on the WAN")
    require_equal(bench.router.must("sysctl -n net.ipv4.ip_forward"), "0\n",
                  "forwarding")
    bench.router.must(f"mv {conf}.good {conf}; sync")


def start_closed(bench):
    """The router starts, while the office tries all the time; nothing may be
    out in clear when somebody can log in and danegated listens."""
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        bench.router.power_on()
        bench.router.login()
        bench.router.until("netstat -ltn | grep -q :10025", 60,
                           "danegated runs")
    require_nothing_out(bench, packets, knocker)


@case
def hung_daemon_is_started_anew_by_the_watchdog(bench):
    """A danegated that is there and does nothing: the health check fails, the
    watchdog starts the board anew, and no packet to port 25 gets out."""
    bench.router.power_off()
    start_closed(bench)
    bench.router.must("/usr/lib/danegate/health")
    bench.router.must("killall -STOP danegated")
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        require(bench.router.run("/usr/lib/danegate/health")[0] != 0,
                "the router is said to be well")
        bench.router.stops(240)
    require_equal(to_port_25(packets), [], "packets to port 25 on the WAN")
    require_equal(knocker.answers, 0, "answers")
    start_closed(bench)
    require_stripped_held(bench)


@case
def full_state_partition_keeps_the_block(bench):
    """Not a byte more fits: the daemon comes back after kill -9, and the router
    after a power cut, closed as ever; mail goes on."""
    bench.router.run("dd if=/dev/zero of=/state/fill bs=1k; sync")
    require(bench.router.run("echo x >/state/etc/x && sync")[0] != 0
            or bench.router.must("df /state").split()[-3] == "0",
            "there is room")
    restarted(bench, "killall -9 danegated")
    require_stripped_held(bench)
    bench.router.power_off()
    start_closed(bench)
    mail_by_dane(bench)
    require_stripped_held(bench)
    bench.router.must("rm -f /state/fill /state/etc/x")


def require_first_start(bench):
    bench.router.first_login()
    bench.router.must("! grep -e trust-anchor -e mine "
                      "/etc/danegate/danegate.conf")


@case
def factory_reset_by_command(bench):
    """request system factory-reset asks, and the next start is a first one,
    closed."""
    bench.router.send("danegate request system factory-reset")
    bench.router.expect("yes?")
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        bench.router.send("yes")
        bench.router.stops(90)
        bench.router.power_on()
        require_first_start(bench)
    require_nothing_out(bench, packets, knocker)


@case
def factory_reset_by_key(bench):
    """R held on the console while it starts: a first start, closed."""
    bench.router.must("echo '# mine' >>/etc/danegate/danegate.conf; sync")
    bench.router.power_off()
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        bench.router.power_on()
        bench.router.expect("hold R within 5 seconds")
        bench.router.send("RRR")
        require_first_start(bench)
    require_nothing_out(bench, packets, knocker)
