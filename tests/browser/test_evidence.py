# SPDX-License-Identifier: Apache-2.0
"""The page in an archive of evidence: opened from a disk, with no server and no network."""

import hashlib
import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect
from votelog import (
    Cosigner,
    LogWriter,
    Signer,
    encode_canonical,
    join_note,
    plan_evidence,
    split_note,
    zipapp,
)

from browser.test_reach import grave_barriers, magnify_text, sideways
from chromium import DESK, PHONE, Visitors, look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

DIST = Path(__file__).parents[2] / "src/minyi/ui/static/ui/dist"
SIGNER = Signer("vote.example.gov.cn/ledger/windows", bytes([1]) * 32)
VKEY = SIGNER.verifier.vkey()
SEEN, UNSEEN = (Cosigner(f"w{n}.example", bytes([n]) * 32) for n in (7, 8))
NAMES = {"001": "婚姻登记窗口", "002": "社保经办窗口", "003": "不动产登记窗口"}
OPENS = 1_790_000_000_000


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def written(**entry: object) -> bytes:
    return encode_canonical(entry)


def a_vote(folder: Path, rules: bytes, policy: bytes) -> None:
    """Three hundred ballots, two of them struck out, closed, the result published."""
    ph = digest(b"rule")
    rule = {"per": "campaign", "min": 1, "max": 2}
    promises = {"rules": digest(rules), "policy": digest(policy), "tag_key": ph, "ph": ph}
    manifest = written(
        type="manifest", v=1, campaign="windows", candidates=sorted(NAMES), opens=OPENS,
        closes=OPENS + 86_400_000, zone=480, rule=rule, code="1", screening="1",
        appeal=OPENS + 2 * 86_400_000, **promises,
    )  # fmt: skip
    ballots = [
        written(
            type="ballot", t=OPENS + n, tag=digest(b"t%d" % n)[:32], day="2026-09-21",
            n=digest(b"n%d" % n)[:32], ch=["001", "002"] if n % 3 else ["003"], ph=ph,
        )
        for n in range(300)
    ]  # fmt: skip
    later = OPENS + 86_400_000
    with LogWriter.create(folder, SIGNER) as writer:
        writer.append([manifest])
        writer.append(ballots)
        void = {"ballots": [[2, 4]], "rule": "R12", "ev": ph, "by": "supervisor"}
        writer.append([written(type="void", t=later - 1, **void)])
        writer.append([written(type="close", t=later, size=302, tally_code=ph)])
        tally = {"001": 198, "002": 198, "003": 100}
        writer.append([written(type="result", t=later + 1, at=303, tally=tally, digest=ph)])


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    own = tmp_path_factory.mktemp("evidence")
    rules = json.dumps({"candidates": NAMES}, ensure_ascii=False).encode()
    policy = (
        f"log {VKEY} https://vote.example.gov.cn/ledger/windows\n"
        f"# 市公证处\nwitness w1 {SEEN.verifier.vkey()}\n"
        f"# 市律师协会\nwitness w2 {UNSEEN.verifier.vkey()}\n"
        "group witnesses 1 w1 w2\nquorum witnesses\n"
    ).encode()
    a_vote(own / "log", rules, policy)
    note = (own / "log/checkpoint").read_bytes()
    text, lines = split_note(note)
    cosigned = join_note(text, [*lines, SEEN.cosign(text, seconds=OPENS // 1000)])
    plan = plan_evidence(
        folder=own / "log",
        key=SIGNER.verifier,
        notes={"checkpoint": cosigned, "cosigned": cosigned},
        beside={"vkey": f"{VKEY}\n".encode(), "rules": rules, "policy": policy},
        others={
            "verify.html": (DIST / "dossier.html").read_bytes(),
            "verifier/votelog.pyz": zipapp(),
        },
    )
    path = own / "evidence.zip"
    path.write_bytes(b"".join(plan.chunks()))
    return path


def opened(visitors: Visitors, archive: Path, folder: Path, size=DESK) -> Page:
    """Unpack the archive into an empty folder and open the page in it from the disk."""
    shutil.unpack_archive(archive, folder)
    page = visitors.come(size)
    page.goto((folder / "verify.html").as_uri())
    return page


def check(page: Page, archive: Path, vkey: str = VKEY) -> None:
    page.get_by_label("一、选择证据包").set_input_files(archive)
    page.get_by_label("二、填写主办单位").fill(vkey)
    page.get_by_role("button", name="开始核验").click()


def test_a_notary_counts_again_without_network(visitors: Visitors, archive, tmp_path):
    page = opened(visitors, archive, tmp_path / "empty")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="开始核验").click()
    expect(page.get_by_text("请先选择证据包")).to_be_visible()
    check(page, archive)
    expect(page.get_by_text("核验通过：文件没有改动，重新计票与账本一致")).to_be_visible()
    expect(page.get_by_role("row", name="001 婚姻登记窗口 198")).to_be_visible()
    expect(page.get_by_text("2 家见证单位中有 1 家见证了这本账本，达到 1 家的要求")).to_be_visible()
    expect(page.get_by_role("row", name="市律师协会 没有见证到最后一条")).to_be_visible()
    expect(page.get_by_text("账本公钥与您填写的一致")).to_be_visible()
    expect(page.get_by_role("row", name="认定无效")).to_contain_text("R12")
    assert not [url for url in asked if not url.startswith("file:")]
    assert grave_barriers(page) == set()
    look(page, "evidence-good")


def test_without_the_key_of_the_notice_it_says_what_is_not_proven(
    visitors: Visitors, archive, tmp_path
):
    page = opened(visitors, archive, tmp_path / "empty", PHONE)
    check(page, archive, vkey="")
    expect(page.get_by_text("还没有对照公钥")).to_be_visible()
    magnify_text(page)
    assert sideways(page) == 0
    look(page, "evidence-phone")


def changed(archive: Path, out: Path, path: str, old: bytes, new: bytes) -> Path:
    """Write the archive again with another byte in a file; its index stays as it was."""
    with ZipFile(archive) as source, ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == path:
                assert old in content
                content = content.replace(old, new, 1)
            target.writestr(name, content)
    return out


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (
            "log/tile/entries/000",
            b'"003"]',
            b'"002"]',
            ["tile/entries/000：文件内容与清单不符", "校验码不符"],
        ),
        (
            "rules",
            "婚姻".encode(),
            "离婚".encode(),
            ["rules：与账本中承诺的内容不符", "file_changed"],
        ),
        (
            "decisions.json",
            b"supervisor",
            b"organiser!",
            ["decisions.json：与账本中承诺的内容不符"],
        ),
        ("log/checkpoint", b"\n304\n", b"\n303\n", ["签名不成立"]),
        ("bundle.json", b'"size": 304', b'"size": 303', ["清单与账本的签名记录不符"]),
    ],
)
def test_what_was_changed_is_named(visitors: Visitors, archive, tmp_path, path, old, new, said):
    page = opened(visitors, archive, tmp_path / "empty")
    check(page, changed(archive, tmp_path / "changed.zip", path, old, new))
    expect(page.get_by_text("核验不通过，问题如下")).to_be_visible()
    for words in said:
        expect(page.locator("[data-part=findings]")).to_contain_text(words)
    look(page, f"evidence-bad-{path.replace('/', '-')}")


def test_another_key_and_another_file_are_refused(visitors: Visitors, archive, tmp_path):
    page = opened(visitors, archive, tmp_path / "empty")
    check(page, archive, vkey=Signer("x.example", bytes([9]) * 32).verifier.vkey())
    expect(page.get_by_text("不是同一本账本")).to_be_visible()
    (tmp_path / "broken.zip").write_bytes(archive.read_bytes()[:-9])
    check(page, tmp_path / "broken.zip")
    expect(page.get_by_text("证据包损坏或者不完整")).to_be_visible()
