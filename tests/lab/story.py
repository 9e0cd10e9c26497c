"""What is told of a letter on its way, to a person who watches: the story, what
danegate decided, what the mail server was told, what arrived, who could read it.

A lab here is anything with mta, mx, capture and world, as cases.mail_to wants it,
whose danegate has mark() and wait_for_event().
"""

import re
import sys
import textwrap

import capture
import cases

# Site, what should come of it, and the story.
STEPS = (
    ("dane-ee.test", "dane-ee",
     "It publishes its MX's key in the DNS (TLSA), signed; the MX has that "
     "key."),
    ("plain-tls.test", "tls",
     "It publishes no key, and the DNS proves that it does not. Its MX offers "
     "STARTTLS, so the letter is encrypted, but nobody vouches for the "
     "receiver."),
    ("stripped.test", "starttls-missing",
     "It publishes its MX's key, so TLS is a must. Somebody between us and the "
     "MX takes STARTTLS out of the MX's offer, to read along."),
    ("replaced.test", "tlsa-mismatch",
     "It publishes its MX's key. Somebody between us and the MX does speak "
     "TLS, with a certificate of his own in the MX's name."),
)


def say(label, text):
    print(textwrap.fill(str(text), 78, initial_indent=f"  {label:<13} ",
                        subsequent_indent=" " * 16, break_long_words=False,
                        break_on_hyphens=False), flush=True)


def title(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}",
          flush=True)


def overheard(lab, packets, letter):
    """Who could read the letter, in words."""
    readers = []
    if capture.found_in_clear(packets, letter.envelope()):
        readers.append("anybody on the wire")
    if letter.secret.encode() in lab.world.seen_by_others():
        readers.append("the one in the middle")
    return " and ".join(readers)


def tell_decision(decision):
    words = [f"{key}={decision[key]}" for key in
             ("verdict", "reason", "auth", "level", "mx", "tls", "why")
             if decision.get(key)]
    say("danegate", "  ".join(words))


def tell_arrival(lab, letter):
    """What the MX has; true if it is the letter, whole."""
    message = lab.mx.wait_for_message(letter.recipient)
    noted = re.search(rb"\(using (\S+) with cipher (\S+)", message)
    if noted:
        say("the MX notes", b" ".join(noted.groups()).decode())
    whole = message.endswith(letter.text.replace(b"\r\n", b"\n"))
    say("arrived", "whole, byte for byte" if whole else "changed!")
    return whole


def step(lab, domain, outcome, story):
    """One letter; true if what should come of it did."""
    title(f"A letter to {domain}")
    say("the story", story)
    lab.danegate.mark()
    letter = cases.Letter(domain)
    attempt, packets = cases.mail_to(lab, letter)
    decision = lab.danegate.wait_for_event(event="decision", domain=domain)
    tell_decision(decision)
    say("mail server", attempt)
    readers = overheard(lab, packets, letter)
    delivered = attempt.status == "sent"
    if delivered:
        right = tell_arrival(lab, letter) and decision["auth"] == outcome
    else:
        queued = attempt.queue_id in lab.mta.queue()
        nothing = not lab.mx.messages(letter.recipient)
        say("arrived", "nothing" if nothing else "something!")
        say("in the queue", "yes, it will be tried again" if queued else "no!")
        right = queued and nothing and decision["reason"] == outcome
    say("read by", readers or "nobody else")
    right = right and not readers
    should_arrive = outcome in ("dane-ee", "tls")
    return right and delivered == should_arrive


def steps(lab, domain_of):
    """All the letters, to the domain that domain_of gives a site's name; what
    came of them in short, and true if it all was as it should be."""
    results = {name: step(lab, domain_of(name), outcome, story)
               for name, outcome, story in STEPS}
    title("In short")
    for name, right in results.items():
        print(f"  {name:<16}", "as it should be" if right
              else "NOT as it should be")
    print(flush=True)
    return all(results.values())
