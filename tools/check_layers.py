#!/usr/bin/env python3
"""Checks that every #include in src/ keeps to the layers that the CMake targets declare.

Reads `filoscope_module(NAME LAYER n DEPS …)` of every folder. A module may include only modules it names in DEPS, all from strictly lower
layers; third-party headers that belong to one place may be included only there. Only app and tests name an adapter.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"

# header prefix -> files (relative to src/) that may include it, as regular expressions
THIRD_PARTY = {
    r"boost/(asio|beast)": [r"api/\w+\.cc", r"api/client_line\.h", r"live/.*\.cc"],
    r"lib(av|sw)\w+/": [r"media/.*"],
    r"(ebur128|chromaprint|seccomp)\.h": [r"media/.*"],
    r"sqlite3\.h": [r"adapters/sqlite/.*", r"app/fts_rival\..*"],
    r"tesseract/": [r"vision/text_reader\.cc"],
    r"sodium\.h": [r"base/crypto\.cc"],
    r"unicode/": [r"(accounts|catalog|search)/.*", r"api/page_head.cc"],
    r"spdlog/": [r"base/log\.cc"],
    r"prometheus/": [r"base/metrics\.cc"],
    r"toml\+\+/": [r"base/config\.cc"],
    r"CLI/": [r"app/.*"],
    r"Eigen/": [r"eval/dense_baselines\.cc", r"vision/linear\.cc"],
    r"hnswlib/": [r"app/hnsw_rival\.cc"],
    r"opencv2/": [r"vision/onnx_network\.cc"],
    r"zlib\.h": [r"eval/line_reader\.h"],
    r"curl/": [r"app/http_client\.cc"],
}
BEAST_FILES_MAX = 7  # each costs seconds to compile, whether it includes them itself or through a header of ours


def read_modules():
    modules = {}
    for cmake in SOURCE.rglob("CMakeLists.txt"):
        for call in re.findall(r"filoscope_module\(([^)]*)\)", cmake.read_text()):
            words = call.split()
            name, layer = words[0], int(words[words.index("LAYER") + 1])
            deps = set()
            if "DEPS" in words:
                for word in words[words.index("DEPS") + 1 :]:
                    if word == "LIBS":
                        break
                    deps.add(word)
            modules[name] = (layer, deps, cmake.parent.relative_to(SOURCE).as_posix())
    return modules


def module_of(path, modules):
    for name, (_, _, folder) in modules.items():
        if path == folder or path.startswith(folder + "/"):
            return name
    return None


def check_declared(modules):
    for name, (layer, deps, _) in sorted(modules.items()):
        for dep in sorted(deps):
            if dep not in modules:
                yield f"{name}: depends on {dep}, which is no module"
            elif modules[dep][0] >= layer:
                yield f"{name} (layer {layer}) depends on {dep} (layer {modules[dep][0]}): only lower layers"


def check_file(path, modules):
    relative = path.relative_to(SOURCE).as_posix()
    is_test = path.stem.endswith("_test") or path.stem.startswith("test_")
    own = module_of(relative, modules)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not found:
            continue
        kind, header = found.groups()
        other = module_of(header, modules) if kind == '"' else None
        if kind == '"' and not (SOURCE / header).exists():
            yield f"{relative}:{number}: \"{header}\" is not in src/"
        if other and other != own and not is_test and other not in modules[own][1]:
            yield f"{relative}:{number}: {own} includes {other}, which it does not declare"
        for pattern, allowed in THIRD_PARTY.items():
            if re.match(pattern, header) and not is_test and not any(re.fullmatch(a, relative) for a in allowed):
                yield f"{relative}:{number}: <{header}> may only be included in {', '.join(allowed)}"


def beast_files():
    """The sources, tests aside, that Asio or Beast is compiled into: by their own #include, or by that of a header in src/."""
    includes = {}
    for path in SOURCE.rglob("*"):
        if path.suffix in (".h", ".cc") and not path.stem.endswith("_test"):
            found = re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text(), re.MULTILINE)
            includes[path.relative_to(SOURCE).as_posix()] = set(found)
    heavy = {path for path, headers in includes.items() if any(re.match(r"boost/(asio|beast)", header) for header in headers)}
    while more := {path for path, headers in includes.items() if path not in heavy and headers & heavy}:
        heavy |= more
    return sorted(path for path in heavy if path.endswith(".cc"))


def main():
    modules = read_modules()
    problems = list(check_declared(modules))
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in (".h", ".cc"):
            problems += check_file(path, modules)
    beast = beast_files()
    if len(beast) > BEAST_FILES_MAX:
        problems.append(f"{len(beast)} files include Beast or Asio, at most {BEAST_FILES_MAX} may: {', '.join(beast)}")
    print("\n".join(problems) if problems else f"layers: {len(modules)} modules keep to their declared dependencies")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
