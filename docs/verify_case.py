"""A second verifier of case files, written from docs/case-file.md: python verify_case.py FILE [KEYS.pem]; 0 valid, 1 not."""
import base64, hashlib, json, re, struct, sys, zlib
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
FIRST, LAST = ["case.pdf", "facts.jsonl", "record.jsonl", "key.pem", "README.txt"], ["manifest.json", "manifest.sig"]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")
PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----")
def need(true, said):
    if not true:
        raise ValueError(said)

def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

def read(raw):
    need(isinstance(value := json.loads(raw), dict) and canonical(value).encode() == raw, "not canonical JSON")
    return value

def lines_of(raw):
    need(raw.endswith(b"\n"), "the last line is cut off")
    return [read(line) for line in raw.split(b"\n")[:-1]]

def sha(text):
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()

def members(data):  # section 1: compute every byte that is not content, and compare
    need(len(data) > 22 and data[-22:-18] == b"PK\5\6", "no end of a directory")
    count, start = struct.unpack("<10xH4xL2x", data[-22:])
    found, position, offset, directory = {}, start, 0, b""
    for _number in range(count):
        crc, size, length = struct.unpack("<16xL4xLH16x", data[position : position + 46])
        name = data[position + 46 : position + 46 + length].decode("ascii")
        need(NAME.fullmatch(name) and name not in found, f"name {name!r}")
        common = struct.pack("<5H3L2H", 20, 0, 0, 0, 33, crc, size, size, length, 0)
        local, begin = b"PK\3\4" + common + name.encode(), offset + 30 + length
        need(data[offset:begin] == local, f"header of {name}")
        directory += b"PK\1\2\x14\3" + common + struct.pack("<3H2L", 0, 0, 0, 0o100644 << 16, offset) + name.encode()
        found[name], offset, position = data[begin : begin + size], begin + size, position + 46 + length
        need(len(found[name]) == size and zlib.crc32(found[name]) == crc, f"content of {name}")
    need(data[offset:] == directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), offset, 0), "the directory")
    return found

def check(data, trusted):  # sections 2, 3 and 5
    found = members(data)
    [key] = map(load_pem_public_key, PEM.findall(found["key.pem"]))
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    need(not trusted or raw in trusted, f"the key {sha(raw)} is not trusted")
    key.verify(found["manifest.sig"], found["manifest.json"])
    manifest = read(found["manifest.json"])
    listed = [{"name": name, "size": len(raw), "sha256": sha(raw)} for name, raw in found.items()]
    need((manifest["format"], manifest["key"], manifest["members"]) == ("amparo-case-file/1", sha(raw), listed[:-2]), "format, key or a member's hash")
    need(list(found)[: len(FIRST)] == FIRST and list(found)[-2:] == LAST, "the members")
    played = {name for name in found if name.startswith(("recordings/", "replay/"))}
    files = {one["name"]: one["size"] for one in listed[len(FIRST) : -2] if one["name"] not in played}
    need(all(re.fullmatch(rf"files/{sha(found[name])}(\.[A-Za-z0-9]{{1,10}})?", name) for name in files), "a file's name")
    committed, record = facts(found["facts.jsonl"], manifest), lines_of(found["record.jsonl"])
    need((record[0]["kind"], record[0]["number"]) == ("case", manifest["case"]), "the record is of another case")
    need(committed <= {(line["id"], sha(line["body"])) for line in record if line["kind"] == "entry"}, "a text is not its fact's")
    need({one["member"]: one["size"] for line in record for one in line.get("files", []) if one["member"]} == files, "files")
    [films(line, found["facts.jsonl"]) for line in record if line["kind"] == "remote_session" and "films" in line]
    for name in played:
        need(re.fullmatch(r"replay/[a-z]+\.(js|css)|recordings/R-\d+/(chain\.json|replay\.html|timeline\.js|chunk-\d{5}\.js)", name), name)
        if name.endswith("/chain.json"):
            recording(found, name[: -len("chain.json")], read(found[name]), found["facts.jsonl"])
    return [f"not whole: {line['kind']} {line['number']}: {line['broken']}" for line in record if line.get("broken")]

def told(facts_, name, number):  # section 6: what facts of one name tell of a remote session
    lines = (line for line in lines_of(facts_) if line.get("head", {}).get("name") == name and "content" in line)
    return [line["content"]["data"] for line in lines if line["content"]["data"]["number"] == number]

def films(line, facts_):
    known = {sha256: size for one in told(facts_, "remote.filmed", line["number"]) for sha256, size in zip(one["sha256"], one.get("octets") or one["sha256"])}
    need({one["sha256"]: one["size"] if type(known.get(one["sha256"])) is int else one["sha256"] for one in line["films"]} == known, "films")
    need(all(one["sha256"] in known and one["member"][6:70] in ("", one["sha256"]) for one in line["files"]), "files of films")

def recording(found, place, chain, facts_):  # section 6: follow the chain of a remote session
    last = sha("amparo remote record 1\0" + chain["public_id"])
    for number, link in enumerate(chain["links"], 1):
        text = re.fullmatch(rb'amparoChunk\((\d+),"([A-Za-z0-9+/=]*)"\);\n', found[f"{place}chunk-{number:05d}.js"])
        need(int(text[1]) == number == link["number"] and sha(base64.b64decode(text[2])) == link["screen_sha256"], f"{place}: chunk {number}")
        need((last := sha(bytes.fromhex(f"{last}{number:08x}{link['screen_sha256']}{link['input_sha256']}"))) == link["link"], f"{place}: link {number}")
    need({"head": last}.items() <= {k: v for one in told(facts_, "remote.ended", chain["session"]) for k, v in one.items()}.items(), place)

def facts(raw, manifest):  # section 4: follow each chain
    need(manifest["chains"][0]["subject"] == manifest["subject"], "the chain of the case")
    lines, committed = iter(lines_of(raw)), set()
    for chain in manifest["chains"]:
        last = ""
        for seq in range(1, chain["count"] + 1):
            line = next(lines, {})
            content, told = line.get("content_sha256"), line.get("digest")
            if "content" in line and line["version"] == 1:
                told = canonical({**line["head"], **line["content"]})
            elif "content" in line:
                content = sha(line["salt"] + ":" + canonical(line["content"]))
            told = sha(f"{canonical(line['head'])}:{content}") if content else told
            place = (line["chain"], line["seq"], line.get("head", {}).get("subject", line["chain"])) == (chain["subject"], seq, chain["subject"])
            need(place and ((told is None and line.get("version") == 1) or line.get("hash") == sha(f"{last}:{seq}:{told}")), f"fact {seq} of {chain['subject']}")
            last, data = line["hash"], line.get("content", {}).get("data", {})
            committed |= {(data["entry"], data["body_sha256"])} if "body_sha256" in data else set()
        need(last == chain["head"], f"the end of {chain['subject']}")
    need(not list(lines), "facts that belong to no chain")
    return committed

def problems(path, trusted=(), gaps=None):
    try:
        (gaps if gaps is not None else []).extend(check(open(path, "rb").read(), trusted))
    except (InvalidSignature, UnsupportedAlgorithm, LookupError, ValueError, TypeError, AttributeError, struct.error, RecursionError) as error:
        return [f"{type(error).__name__}: {str(error)[:200]}"]
    return []

def main(argv):
    if len(argv) not in (2, 3):
        return print(__doc__) or 2
    pem = PEM.findall(open(argv[2], "rb").read()) if len(argv) == 3 else []
    found = problems(argv[1], [load_pem_public_key(one).public_bytes(Encoding.Raw, PublicFormat.Raw) for one in pem], gaps := [])
    return print("\n".join(found or ["valid" if pem else "valid, but by whose key? Give the KEYS.pem of the vendor", *gaps])) or int(bool(found))

if __name__ == "__main__":
    sys.exit(main(sys.argv))
