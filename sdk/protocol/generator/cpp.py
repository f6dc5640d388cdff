"""Writes methods.hpp and methods.cpp: parameter structs, strict parsers, the table of methods."""

HEADER = """#pragma once
// Made from sdk/protocol/schema by sdk/protocol/generate.py; not to be edited.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sdk/protocol/reader.hpp"

namespace conclave::sdk::protocol {
"""

IDS = {f"{word}_id": f"{word.capitalize()}Id"
       for word in ("tenant", "user", "device", "room", "session", "order",
                    "approval")}
KEYWORDS = {"new", "delete", "default", "public", "private", "operator", "register", "union",
            "and", "or"}
CHECKS = {"line", "text", "token", "account", "platform", "state_key"}


def _named(schema, fallback):
    """The name of the type that `schema` points to, or one made from the place where it stands."""
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else fallback


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _enumerator(text):
    return _identifier(text.replace("-", "_").replace(".", "_"))


def _identifier(text):
    return text + "_" if text in KEYWORDS else text


class Emitter:
    """Collects C++ types in the order in which they depend on each other."""

    def __init__(self, model):
        self.model = model
        self.declared = {}  # name -> text
        self.readers = []  # (declaration, definition)
        self.rules = {}  # name -> text

    def cpp_type(self, schema, name):
        """The C++ type of a member; declares what it needs."""
        name = _named(schema, name)
        schema = self.model.resolve(schema)
        check = schema.get("x-check")
        if "enum" in schema:
            return self.enum(schema, name)
        if check in IDS:
            return IDS[check]
        if check == "base64url":
            return "Bytes"
        kind = schema.get("type")
        if kind == "string":
            return "base::Secret" if check == "secret" else "std::string"
        if kind == "integer":
            return "std::uint64_t"
        if kind == "boolean":
            return "bool"
        if kind == "array":
            return f"std::vector<{self.cpp_type(schema['items'], name + 'Item')}>"
        if kind == "object":
            return self.struct(schema, name)
        return "std::string"  # any value, as JSON text

    def enum(self, schema, name):
        if name not in self.declared:
            values = schema["enum"]
            names = ", ".join(_quoted(value) for value in values)
            self.declared[name] = (
                f"enum class {name} : std::uint8_t {{ {', '.join(map(_enumerator, values))} }};\n"
                f"inline constexpr std::array<std::string_view, {len(values)}> "
                f"k{name}Names{{{names}}};\n"
                f"[[nodiscard]] constexpr std::string_view to_text({name} value) {{\n"
                f"  return k{name}Names[static_cast<std::size_t>(value)];\n}}\n")
        return name

    def struct(self, schema, name):
        if name in self.declared:
            return name
        required = schema.get("required", [])
        members, reads, checks = [], [], []
        for index, (key, member) in enumerate(schema["properties"].items()):
            inner = name + key.title().replace("_", "")
            place = f"out.{_identifier(key)}"
            read = self.read(member, inner, "value", place)
            if "const" not in self.model.resolve(member):
                members.append(self.member(member, name, key, key in required))
                if self.is_optional(member, key in required):
                    read = self.read(member, inner, "value", f"{place}.emplace()")
            seen = ""
            if key in required:
                bit = f"{1 << index}U"
                seen = f"      seen |= {bit};\n"
                checks.append(f'  if ((seen & {bit}) == 0) return reader.missing("{key}");\n')
            reads.append(f'if (name == "{key}") {{\n{seen}'
                         f'      if (!({read})) return reader.at("{key}");\n    }} else ')
        self.declared[name] = f"struct {name} {{\n{''.join(members)}}};\n"
        signature = f"bool read(Reader& reader, const boost::json::object& in, {name}& out)"
        body = self.reader_body(signature, reads, checks, members)
        self.readers.append((signature + ";\n", body))
        return name

    @staticmethod
    def reader_body(signature, reads, checks, members):
        unused = "" if members else "  static_cast<void>(out);\n"
        seen = "  unsigned seen = 0;\n" if checks else ""
        value = ("    const boost::json::value& value = member.value();\n" if reads else "")
        return (f"{signature} {{\n{unused}{seen}  for (const auto& member : in) {{\n"
                f"    const std::string_view name(member.key().data(), member.key().size());\n"
                f"{value}    {''.join(reads)}{{\n      return reader.unknown(name);\n    }}\n  }}\n"
                f"{''.join(checks)}  return true;\n}}\n")

    def is_optional(self, schema, required):
        # An array that is left out is an empty one.
        return not required and self.model.resolve(schema).get("type") != "array"

    def member(self, schema, owner, key, required):
        kind = self.cpp_type(schema, owner + key.title().replace("_", ""))
        if self.is_optional(schema, required):
            kind = f"std::optional<{kind}>"
        default = {"std::uint64_t": " = 0", "bool": " = false"}.get(kind, "")
        if kind in self.declared and self.declared[kind].startswith("enum"):
            default = "{}"
        return f"  {kind} {_identifier(key)}{default};\n"

    def read(self, schema, name, value, out):
        """The expression that reads `value` into `out` and is false on a fault."""
        name = _named(schema, name)
        schema = self.model.resolve(schema)
        check = schema.get("x-check")
        kind = schema.get("type")
        if "const" in schema:
            return f"reader.constant({value}, {_quoted(schema['const'])})"
        if "enum" in schema:
            return f"reader.choice({value}, k{name}Names, {out})"
        if check in IDS:
            return f"reader.id({value}, {out})"
        if check == "base64url":
            return f"reader.bytes({value}, {schema['x-minBytes']}, {schema['x-maxBytes']}, {out})"
        if kind == "string":
            call = "secret" if check == "secret" else "string"
            return f"reader.{call}({value}, {self.rule(schema, name)}, {out})"
        if kind == "integer":
            return f"reader.integer({value}, {schema['minimum']}U, {schema['maximum']}U, {out})"
        if kind == "boolean":
            return f"reader.boolean({value}, {out})"
        if kind == "array":
            item = self.read(schema["items"], name + "Item", "item", "slot")
            bounds = f"{schema.get('minItems', 0)}, {schema['maxItems']}"
            return (f"reader.array({value}, {bounds}, {out}, "
                    f"[&](const boost::json::value& item, auto& slot) {{ return {item}; }})")
        if kind == "object":
            return f"read_object(reader, {value}, {out})"
        return f"reader.any({value}, {schema['x-maxBytes']}, {out})"

    def rule(self, schema, name):
        least, most = schema.get("minLength", 0), schema["maxLength"]
        check = schema.get("x-check")
        fields = [f".min_length = {least}", f".max_length = {most}"]
        limit = ""
        if "x-maxBytes" in schema:
            fields.append(f".max_bytes = {schema['x-maxBytes']}")
            limit = f" and at most {schema['x-maxBytes']} bytes"
        if check in CHECKS:
            fields.append(f".check = Check::{check}")
        elif check not in (None, "secret"):
            raise ValueError(f"{name}: the server has no check {check}")
        words = {"line": ", without control characters", "account": " of the form local@domain",
                 "text": ", without control characters but tab and line feed",
                 "state_key": ": settings.<name>, draft.<room> or mute.<room>",
                 "platform": " of a-z, 0-9, '.' and '-'"}.get(check, "")
        expected = f"a string of {least} to {most} characters{limit}{words}"
        fields.append(f".expected = {_quoted(expected)}")
        self.rules[name] = f"constexpr StringRule k{name}Rule{{{', '.join(fields)}}};\n"
        return f"k{name}Rule"


def _emit(model):
    emitter = Emitter(model)
    for method in model.methods:
        emitter.struct(model.resolve(method.raw["params"]), method.struct)
    return emitter


def header(model):
    emitter = _emit(model)
    count = len(model.methods)
    out = [HEADER, "\n".join(emitter.declared.values())]
    enumerators = ",\n  ".join(method.enumerator for method in model.methods)
    out.append("\n// In order of name.\n"
               f"enum class Method : std::uint8_t {{\n  {enumerators},\n}};\n")
    out.append(f"inline constexpr std::size_t kMethodCount = {count};\n")
    out.append("// The parameters of one request; the index is the Method.\n"
               "using Params = std::variant<" +
               ", ".join(method.struct for method in model.methods) + ">;\n")
    out.append("""
enum class SignInNeed : std::uint8_t { before, required, any };
struct MethodInfo {
  std::string_view name;
  SignInNeed sign_in = SignInNeed::required;
  std::uint32_t cost = 1;  // tokens of the flood limit
};
""")
    names = ", ".join(_quoted(method.name) for method in model.methods)
    out.append("inline constexpr std::array<std::string_view, kMethodCount> kMethodNames{\n"
               f"    {names}}};\n")
    rows = ",\n    ".join(
        f"MethodInfo{{{_quoted(m.name)}, SignInNeed::{m.raw['sign_in']}, {m.raw['cost']}}}"
        for m in model.methods)
    out.append(f"inline constexpr std::array<MethodInfo, kMethodCount> kMethods{{\n    {rows}}};\n")
    out.append("[[nodiscard]] constexpr const MethodInfo& info(Method method) {\n"
               "  return kMethods[static_cast<std::size_t>(method)];\n}\n"
               "[[nodiscard]] std::optional<Method> find_method(std::string_view name);\n"
               "[[nodiscard]] Parsed<Params> parse_params(Method method,\n"
               "                                          const boost::json::object& in);\n")
    out.append("\n// Names of the events.\nnamespace event {\n")
    for name in model.events:
        constant = "k" + "".join(part.capitalize() for part in name.replace(".", "_").split("_"))
        out.append(f"inline constexpr std::string_view {constant} = {_quoted(name)};\n")
    out.append("}  // namespace event\n\n"
               "// Every reason of an error that the schema knows, in order.\n")
    reasons = ", ".join(_quoted(reason) for reason in sorted(model.errors))
    out.append(f"inline constexpr std::array<std::string_view, {len(model.errors)}> kReasons{{\n"
               f"    {reasons}}};\n\n}}  // namespace conclave::sdk::protocol\n")
    return "".join(out)


def source(model):
    emitter = _emit(model)
    out = ["// Made from sdk/protocol/schema by sdk/protocol/generate.py; not to be edited.\n"
           '#include "sdk/protocol/methods.hpp"\n\n#include <algorithm>\n\n'
           "namespace conclave::sdk::protocol {\nnamespace {\n\n"]
    out += emitter.rules.values()
    out += [declaration for declaration, _ in emitter.readers]
    out.append("""
template <class T>
bool read_object(Reader& reader, const boost::json::value& in, T& out) {
  const boost::json::object* held = reader.object(in);
  return held != nullptr && read(reader, *held, out);
}

template <class T>
Parsed<Params> parse(const boost::json::object& in) {
  Reader reader;
  T out;
  if (!read(reader, in, out)) return std::unexpected(reader.take());
  return Params(std::in_place_type<T>, std::move(out));
}

""")
    out.append("\n".join(definition for _, definition in emitter.readers))
    cases = "".join(f"    case Method::{m.enumerator}: return parse<{m.struct}>(in);\n"
                    for m in model.methods)
    out.append(f"""
}}  // namespace

std::optional<Method> find_method(std::string_view name) {{
  const auto found = std::ranges::lower_bound(kMethodNames, name);
  if (found == kMethodNames.end() || *found != name) return std::nullopt;
  return static_cast<Method>(found - kMethodNames.begin());
}}

Parsed<Params> parse_params(Method method, const boost::json::object& in) {{
  switch (method) {{
{cases}  }}
  return std::unexpected(
      Fault{{.spec = &kParamsInvalid, .path = {{}}, .expected = "a known method"}});
}}

}}  // namespace conclave::sdk::protocol
""")
    return "".join(out)
