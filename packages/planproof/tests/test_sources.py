"""What a saved plan's configuration tells, and that nothing in it is taken for one reference that is not."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.sources import Reference, Sources
from planproof_testing.saved_plans import TIME, written

if TYPE_CHECKING:
    from pathlib import Path

POLICIES = """
resource "aws_iam_policy" "safe" { name = "safe" }
resource "aws_iam_policy" "counted" { count = 2 }
resource "aws_iam_policy" "keyed" { for_each = toset(["a", "0"]) }
"""
ATTACHMENT = "aws_iam_role_policy_attachment.it"


def read(folder: Path, text: str, **others: str) -> Sources:
    """Read a root module: its main.tf, and further files, with `__` for the dot in their names."""
    named = {f"/{name.replace('__', '.')}": content for name, content in others.items()}
    return Sources.read(written(folder, {"/main.tf": text, **named}))


def attaching(expression: str, more: str = "") -> str:
    """Return a root module with policies and one attachment."""
    return f'{POLICIES}\nresource "aws_iam_role_policy_attachment" "it" {{\n{more}\n  policy_arn = {expression}\n}}\n'


@pytest.mark.parametrize(
    "expression",
    [
        "aws_iam_policy.safe.arn",
        "  aws_iam_policy . safe . arn  # of all",
        "(aws_iam_policy.safe.arn)",
        '"${aws_iam_policy.safe.arn}"',
        "(\n  # why\n  aws_iam_policy.safe.arn /* so */\n)",
    ],
)
def test_one_reference_is_resolved_with_the_attribute_that_it_takes(tmp_path: Path, expression: str) -> None:
    """Parentheses, a template of one interpolation, spaces and comments do not change a value."""
    found = read(tmp_path, attaching(expression)).reference(ATTACHMENT, "policy_arn")
    assert found == Reference("aws_iam_policy.safe", "arn")


@pytest.mark.parametrize(
    "expression",
    [
        'replace(aws_iam_policy.safe.arn, "safe", "full")',
        'true ? aws_iam_policy.safe.arn : "x"',
        '"${aws_iam_policy.safe.arn}x"',
        '"${aws_iam_policy.safe.arn}${aws_iam_policy.safe.arn}"',
        '"%{ if true }${aws_iam_policy.safe.arn}%{ endif }"',
        "<<EOT\n${aws_iam_policy.safe.arn}\nEOT",
        '"aws_iam_policy.safe.arn"',
        '"$${aws_iam_policy.safe.arn}"',
        "[aws_iam_policy.safe.arn][0]",
        "[for each in [1] : aws_iam_policy.safe.arn][0]",
        "{ a = aws_iam_policy.safe.arn }.a",
        "-aws_iam_policy.safe.arn",
        "(aws_iam_policy.safe).arn",
        "aws_iam_policy.safe",
        'aws_iam_policy.safe["arn"]',
        "aws_iam_policy.safe.tags.arn",
        "aws_iam_policy.safe.arns[0]",
        "aws_iam_policy.counted[*].arn",
        "aws_iam_policy.counted.*.arn",
        "aws_iam_policy.counted[local.which].arn",
        "aws_iam_policy.counted[0 + 1].arn",
        "aws_iam_policy.counted.arn",
        'aws_iam_policy.keyed["a${var.b}"].arn',
        'aws_iam_policy.keyed["\\u0061"].arn',
        "aws_iam_policy.keyed[each.value].arn",
        "aws_iam_policy.safe[0].arn",
        "aws_iam_policy.keyed[0].arn",
        'aws_iam_policy.counted["0"].arn',
        "aws_iam_policy.another.arn",
        "data.aws_iam_policy.safe.arn",
        "local.safe.arn",
        "var.safe.arn",
        "module.safe.policy.arn",
        "each.value.arn",
        "null",
    ],
)
def test_anything_else_is_not_one_reference(tmp_path: Path, expression: str) -> None:
    """Even where it mentions one address only, which is all that the plan in JSON tells."""
    assert read(tmp_path, attaching(expression)).reference(ATTACHMENT, "policy_arn") is None


@pytest.mark.parametrize(
    ("own", "index", "found"),
    [
        ("", "counted[1]", "counted[1]"),
        ("", "counted.1", "counted[1]"),
        ("", 'keyed["0"]', 'keyed["0"]'),
        ("[1]", "counted[count.index]", "counted[1]"),
        ("[1]", 'counted["${count.index}"]', "counted[1]"),
        ('["a.\\"b"]', "keyed[each.key]", 'keyed["a.\\"b"]'),
        ("[1]", "keyed[each.key]", None),
        ('["1"]', "counted[count.index]", None),
        ("[1]", "counted[each.key]", None),
        ('["a"]', "keyed[count.index]", None),
        ("", "keyed[each.key]", None),
        ("[1]", "keyed[count.index]", None),
        ('["a"]', "counted[each.key]", None),
    ],
)
def test_an_index_is_a_literal_or_the_resources_own(tmp_path: Path, own: str, index: str, found: str | None) -> None:
    """And is one that the resource can have: by number where it is counted, by key where it has keys."""
    reference = read(tmp_path, attaching(f"aws_iam_policy.{index}.arn")).reference(f"{ATTACHMENT}{own}", "policy_arn")
    assert reference == (Reference(f"aws_iam_policy.{found}", "arn") if found else None)


def test_a_reference_stays_in_the_instance_of_its_module(tmp_path: Path) -> None:
    """Modules are told apart by the path of calls; one that is called twice, or for each of some keys, is one text."""
    calls = 'module "core" {\n  source = "./x"\n}\n'
    files = {"/main.tf": calls, "core/main.tf": calls, "core.x-y/main.tf": attaching("aws_iam_policy.safe.arn")}
    sources = Sources.read(written(tmp_path, files, ("", "core", "core.x-y", "two")))
    around = 'module.core["a.b"].module.x-y[0].'
    assert sources.reference(f"{around}{ATTACHMENT}", "policy_arn") == Reference(f"{around}aws_iam_policy.safe", "arn")
    assert sources.reference(f"module.core.{ATTACHMENT}", "policy_arn") is None
    assert sources.reference(f"module.two.{ATTACHMENT}", "policy_arn") is None
    assert sources.reference(ATTACHMENT, "policy_arn") is None


def test_what_is_not_set_refers_to_nothing(tmp_path: Path) -> None:
    """Nor does what is set in a block inside the resource."""
    text = attaching("aws_iam_policy.safe.arn", "inner {\n    role = aws_iam_policy.safe.arn\n  }")
    assert read(tmp_path, text).reference(ATTACHMENT, "role") is None


@pytest.mark.parametrize(
    "text",
    [
        'a = "$${" # }" /*\n  policy_arn = upper(aws_iam_policy.safe.arn)\n# */',
        "a = <<EOT\nEOT \n  policy_arn = upper(aws_iam_policy.safe.arn)\n  b = <<E\nEOT",
        "a = <<x\n${aws_iam_policy.\nx\n.name}\nx",
        "a = <<x\n${<<y\nx\ny\n}\nx",
        'a = "%%{" # }"',
        'a = "x\n"',
        "a = <<\u00fc\n\u00fc",
        'a = "${b',
        "a = <<EOT\nx",
        "a = 1\x1c",
        "a = 1\rb = 2",
        "a = 1\n  a = 2",
    ],
)
def test_what_the_parser_reads_otherwise_than_terraform_is_refused(tmp_path: Path, text: str) -> None:
    """The first hides, from the parser, what is attached: Terraform sees `upper`, the parser the plain reference."""
    with pytest.raises(ProofError, match=r"root module, main\.tf: .*: write it in a simpler way"):
        read(tmp_path, attaching("aws_iam_policy.safe.arn", text))


@pytest.mark.parametrize(
    "text",
    [
        "/* policy_arn = upper(aws_iam_policy.safe.arn) */",
        '// " /*\n  # <<EOT ${\n  a = 1 # */ "',
        'a = "\\"\\\\" # "',
        'a = "# // /* <<EOT } { ${upper("}")} $${x} $$${y} 100%"',
        'a = "${"${"}"}"}${{ b = "}" }["b"]}"',
        'a = <<-EOT\n  EOT x\n  policy_arn = upper("x")\n  ${jsonencode({\n    b = "EOT"\n  })} $${ " \\\n  EOT',
        "a = <<E\nE",
        "a = (1 # one\n  + 2 /* two */ == 3 ? 4 : 5)",
        'a = f(<<E\n"\nE\n, [1], "x")',
        'a = "\u00fc\u00a0"',
    ],
)
def test_text_in_strings_heredocs_and_comments_is_not_code(tmp_path: Path, text: str) -> None:
    """And code after it is."""
    for ends in ("\n", "\r\n"):
        sources = read(tmp_path, attaching("aws_iam_policy.safe.arn", text).replace("\n", ends))
        assert sources.reference(ATTACHMENT, "policy_arn") == Reference("aws_iam_policy.safe", "arn")


@pytest.mark.parametrize("name", ["override__tf", "state_override__tf"])
def test_what_an_override_file_touches_is_not_known(tmp_path: Path, name: str) -> None:
    """Terraform merges it into what other files declare; what it does not touch stays known."""
    amended = 'resource "aws_iam_role_policy_attachment" "it" {\n  policy_arn = "x"\n}\n'
    sources = read(tmp_path, attaching("aws_iam_policy.safe.arn"), **{name: amended})
    assert sources.reference(ATTACHMENT, "policy_arn") is None
    with pytest.raises(ProofError, match="an override file may set more of it"):
        sources.blocks(ATTACHMENT)
    assert sources.blocks("aws_iam_policy.safe") == {"name"}

    target = 'resource "aws_iam_policy" "safe" {\n  count = 1\n}\n'
    assert (
        read(tmp_path, attaching("aws_iam_policy.safe.arn"), **{name: target}).reference(ATTACHMENT, "policy_arn")
        is None
    )

    harmless = 'terraform {\n  backend "local" {}\n}\n'
    assert read(tmp_path, attaching("aws_iam_policy.safe.arn"), **{name: harmless}).reference(ATTACHMENT, "policy_arn")


@pytest.mark.parametrize("name", ["more__tf__json", "more__tofu", "__hidden__tf"])
def test_beside_a_file_in_another_language_nothing_of_a_module_is_known(tmp_path: Path, name: str) -> None:
    """It may say anything."""
    sources = read(tmp_path, attaching("aws_iam_policy.safe.arn"), **{name: "{}"})
    assert sources.reference(ATTACHMENT, "policy_arn") is None
    for ask in (lambda: sources.blocks(ATTACHMENT), sources.default_tags):
        with pytest.raises(ProofError, match=r"the root module, .*(json|tofu|hidden\.tf) may set"):
            ask()


def test_a_resource_that_is_declared_twice_is_not_known(tmp_path: Path) -> None:
    """Terraform refuses it."""
    sources = read(tmp_path, attaching("aws_iam_policy.safe.arn"), more__tf=POLICIES)
    assert sources.reference(ATTACHMENT, "policy_arn") is None
    with pytest.raises(ProofError, match="may set more of it"):
        sources.blocks("aws_iam_policy.safe")


def test_blocks_are_found_also_where_terraform_generates_them(tmp_path: Path) -> None:
    """An attribute may stand for blocks, so that attributes are named too."""
    text = """
    resource aws_iam_role "r" {
      name = "r"
      dynamic "inline_policy" {
        for_each = [1]
        content { name = "x" }
      }
      lifecycle { prevent_destroy = true }
    }
    resource "aws_iam_role" "s" { managed_policy_arns = [] }
    """
    sources = read(tmp_path, text)
    assert sources.blocks('aws_iam_role.r["x"]') == {"name", "inline_policy", "lifecycle"}
    assert sources.blocks("aws_iam_role.s") == {"managed_policy_arns"}
    for address in ("aws_iam_role.t", "module.m.aws_iam_role.r"):
        with pytest.raises(ProofError, match=f"{address} is not in the configuration of the saved plan"):
            sources.blocks(address)


@pytest.mark.parametrize(
    ("provider", "whether"),
    [
        ('provider "aws" { region = "x" }', False),
        ('provider "aws" {\n  default_tags {\n  }\n}', True),
        ('provider "aws" {\n  dynamic "default_tags" {\n    for_each = []\n    content {}\n  }\n}', True),
        ('provider "aws" {\n  default_tags = []\n}', True),
        ('provider "amazon" {\n  alias = "x"\n  default_tags {\n  }\n}', True),
        ('resource "x" "y" {\n  default_tags {\n  }\n}', False),
        ('# provider "aws" { default_tags {} }', False),
    ],
)
def test_default_tags_of_any_provider_in_any_module_are_found(tmp_path: Path, provider: str, whether: bool) -> None:  # noqa: FBT001
    """The AWS provider may be called something else, and have several configurations."""
    assert read(tmp_path, provider).default_tags() is whether
    called = {"/main.tf": 'module "core" {\n  source = "./x"\n}\n', "core/main.tf": provider}
    assert Sources.read(written(tmp_path, called, ("", "core"))).default_tags() is whether


def test_an_override_of_a_provider_may_give_default_tags(tmp_path: Path) -> None:
    """Which nobody merges here."""
    sources = read(tmp_path, 'provider "aws" {}', override__tf='provider "aws" { region = "x" }')
    with pytest.raises(ProofError, match="an override file may set default_tags"):
        sources.default_tags()


def test_what_is_no_saved_plan_is_refused(tmp_path: Path) -> None:
    """With what to do."""
    path = tmp_path / "plan.json"
    with pytest.raises(ProofError, match=r"plan\.json is not a saved plan .*: write one with terraform plan -out="):
        Sources.read(path)
    path.write_text("{}")
    with pytest.raises(ProofError, match=r"plan\.json is not a saved plan"):
        Sources.read(path)
    for present, absent in (("tfplan", "tfconfig/modules.json"), ("tfconfig/modules.json", "tfplan")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(present, "[]")
        with pytest.raises(ProofError, match=f"it has no {absent}: write one with terraform plan -out"):
            Sources.read(path)


@pytest.mark.parametrize(
    ("files", "modules", "why"),
    [
        ({"/main.tf": b'a = "\xfc"'}, ("",), "m-/main.tf is not UTF-8"),
        ({"/main.tf": " " * (2**20 + 1)}, ("",), "m-/main.tf has more than 1048576 bytes"),
        ({f"/{n}.tf": " " * 2**20 for n in range(33)}, ("",), "its configuration has more than"),
        ({"core/main.tf": ""}, ("",), "core/main.tf belongs to no module"),
        ({"/deep/main.tf": ""}, ("",), "/deep/main.tf belongs to no module"),
        ({}, (), "has no root module"),
        ({}, ("", "a", "a"), "one module twice"),
        (
            {"/main.tf": "resource ="},
            ("",),
            r"the root module, main.tf: .*line 1.*: write it in a simpler way, or prove",
        ),
        ({"/main.tf": "resource = 1"}, ("",), "main.tf: it has something at its top level that is not understood"),
        (
            {"/main.tf": 'thing "resource" {}'},
            ("",),
            "main.tf: it has something at its top level that is not understood",
        ),
        ({"/main.tf": 'resource "x" {}'}, ("",), "a resource or a provider is not named as Terraform does"),
        ({"/main.tf": 'resource "x" "\\u0061" {}'}, ("",), "a block has a label that is not plain"),
        ({"/main.tf": 'resource "x" "a.b" {}'}, ("",), "a resource or a provider is not named as Terraform does"),
        ({"/main.tf": "resource = " + '"${' * 2000 + "1" + '}"' * 2000}, ("",), "main.tf: it is nested too deeply"),
    ],
)
def test_a_saved_plan_of_another_form_is_refused(
    tmp_path: Path, files: dict[str, str | bytes], modules: tuple[str, ...], why: str
) -> None:
    """Which names the file: also one that is too big, or in another encoding."""
    with pytest.raises(ProofError, match=why):
        Sources.read(written(tmp_path, files, modules))


def test_a_file_without_resources_and_providers_need_not_be_understood(tmp_path: Path) -> None:
    """It may declare outputs and variables in ways that only Terraform reads."""
    sources = read(tmp_path, attaching("aws_iam_policy.safe.arn"), outputs__tf='output "x" {\n  value = "$${"\n}\n')
    assert sources.reference(ATTACHMENT, "policy_arn")
    assert not sources.default_tags()


def test_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    """Readers of zips take the first or the last."""
    path = written(tmp_path, {"/main.tf": ""})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("tfconfig/m-/main.tf", "")
    with pytest.raises(ProofError, match="it has the same file twice"):
        Sources.read(path)


def test_a_byte_order_mark_and_modules_without_files_are_read(tmp_path: Path) -> None:
    """As Terraform does."""
    path = written(tmp_path, {"/main.tf": b"\xef\xbb\xbf" + POLICIES.encode()}, ("", "empty"))
    assert Sources.read(path).blocks("aws_iam_policy.safe") == {"name"}


def described() -> dict[str, Any]:
    """Return a plan in JSON that `SAME` is the source of, as Terraform 1.11.4 writes it."""
    references = {"references": ["aws_iam_policy.safe.arn", "aws_iam_policy.safe"]}
    expressions = {"policy_arn": references, "role": {"constant_value": "r"}, "timeouts": {"create": references}}
    attachment = {"address": ATTACHMENT, "mode": "managed", "expressions": expressions}
    data = {"address": "data.aws_iam_policy.d", "mode": "data", "expressions": {}}
    policy = {"address": "aws_iam_policy.safe", "mode": "managed", "expressions": {"policy": {}}}
    called = {"core": {"source": "./x", "module": {"resources": [policy]}}}
    root = {"resources": [attachment, policy, data], "module_calls": called}
    return {"timestamp": TIME, "configuration": {"root_module": root}}


SAME = """
resource "aws_iam_policy" "safe" { policy = jsonencode({}) }
resource "aws_iam_role_policy_attachment" "it" {
  role = "r"
  policy_arn = upper(aws_iam_policy . safe.arn)
  timeouts {}
}
"""


def agreeing(folder: Path, text: str, modules: tuple[str, ...] = ("", "core")) -> Sources:
    """Read a saved plan with another module that has one resource."""
    inner = 'resource "aws_iam_policy" "safe" { policy = jsonencode({}) }'
    named = {"/main.tf": text, **{f"{each}/main.tf": inner for each in modules if each}}
    return Sources.read(written(folder, named, modules))


@pytest.mark.parametrize(
    ("before", "after", "differing"),
    [
        ("upper(aws_iam_policy . safe.arn)", "aws_iam_policy.safer.arn", f"policy_arn of {ATTACHMENT}"),
        ('role = "r"', 'role = "s"', f"role of {ATTACHMENT}"),
        ('role = "r"', "", f"role of {ATTACHMENT}"),
        ("timeouts {}", "", f"timeouts of {ATTACHMENT}"),
        ('"it"', '"that"', ATTACHMENT),
        ('resource "aws_iam_policy" "safe" { policy = jsonencode({}) }', "", "aws_iam_policy.safe"),
    ],
)
def test_a_saved_plan_of_another_configuration_is_refused(
    tmp_path: Path, before: str, after: str, differing: str
) -> None:
    """Resources and modules must be the same, and attributes must mention what the plan in JSON says."""
    agreeing(tmp_path, SAME).require_agreement(described())
    with pytest.raises(ProofError, match=rf"{differing} differs: write both again: terraform plan -out=saved &&"):
        agreeing(tmp_path, SAME.replace(before, after)).require_agreement(described())


def test_what_a_file_in_json_declares_is_left_to_the_plan(tmp_path: Path) -> None:
    """So that only what the other files declare is compared."""
    files = {"/main.tf": POLICIES.splitlines()[1], "/more.tf.json": "{}", "core/main.tf": SAME}
    plan = described()
    plan["configuration"]["root_module"]["module_calls"]["core"]["module"]["resources"] += [
        {"address": ATTACHMENT, "mode": "managed", "expressions": {}}
    ]
    Sources.read(written(tmp_path, files, ("", "core"))).require_agreement(plan)
    files["/main.tf"] = POLICIES
    with pytest.raises(ProofError, match=r"aws_iam_policy\.counted differs"):
        Sources.read(written(tmp_path, files, ("", "core"))).require_agreement(plan)


@pytest.mark.parametrize("modules", [("",), ("", "core", "two"), ("", "other")])
def test_a_saved_plan_with_other_modules_is_refused(tmp_path: Path, modules: tuple[str, ...]) -> None:
    """Whichever of the two has more."""
    with pytest.raises(ProofError, match="is of another configuration than the plan in JSON"):
        agreeing(tmp_path, SAME, modules).require_agreement(described())


def test_a_saved_plan_of_another_time_is_refused(tmp_path: Path) -> None:
    """One configuration has many plans; the time tells also those apart that differ in a function's name only."""
    for time in ("2026-11-30T16:25:46Z", None):
        with pytest.raises(ProofError, match="were not made by the same terraform plan: write both again"):
            agreeing(tmp_path, SAME).require_agreement({**described(), "timestamp": time})
