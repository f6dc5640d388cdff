#include "policies/document/document.hpp"
#include "policies/document/field.hpp"

namespace conclave::policy {
namespace {

std::string_view reader_text(Reader reader) {
  switch (reader) {
    case Reader::engine:
      return "decision";
    case Reader::signals:
      return "signals";
    case Reader::identity:
      return "service";
  }
  return {};
}

std::string_view trust_text(Trust trust) {
  switch (trust) {
    case Trust::stays:
      return "";
    case Trust::moves_when_weaker:
      return "; weakening it moves trust";
    case Trust::moves_when_stricter:
      return "; tightening it moves trust";
  }
  return {};
}

std::string signers_text(const Field& field) {
  return field.order == Order::none ? "nobody" : to_text(field.parties);
}

// A vertical bar would end the cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

// The weights move with each evaluation of the signals; the page does not.
std::string default_text(const Field& field, const Policy& standard) {
  if (field.name().starts_with("location.weights.")) return "as evaluated";
  return "`" + cell(schema::toml_text(field.key.get(standard))) + "`";
}

void write_field(std::string& out, const Field& field, const Policy& standard) {
  const std::string unit = field.key.unit.empty() ? "" : " (" + std::string(field.key.unit) + ")";
  out += "| `" + std::string(field.name()) + "` | " + cell(std::string(field.key.description)) +
         " | " + cell(schema::allowed_text(field.key.rule)) + unit + " | " +
         default_text(field, standard) + " | " + std::string(order_text(field.order)) +
         std::string(trust_text(field.trust)) + " | " + signers_text(field) + " | " +
         std::string(reader_text(field.reader)) + " |\n";
}

std::string_view section_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

}  // namespace

std::string reference_page() {
  const Policy standard;
  std::string out =
      "# Tenant policy: every key\n\n"
      "Written from the table in `policies/document`; `conclavectl policy reference` prints it.\n"
      "A policy is a TOML or JSON document. Keys that do not stand in it come from the shipped\n"
      "policy that `base` names (`open`, `standard`, `strict`, `minor`; `conclavectl policy\n"
      "defaults NAME` prints one). Unknown keys, wrong types, values out of bounds and rules that\n"
      "contradict each other are errors with line and advice: `conclavectl policy check FILE`.\n\n"
      "The last columns say which value is the stricter one, whose signatures a change waits for\n"
      "that weakens the key or moves trust by it, and who obeys the key: the decision at the "
      "door,\n"
      "the makers of location findings, or the service that acts on decisions. A change that only\n"
      "tightens holds at once. `conclavectl policy plan FILE` tells what a change does, whom it\n"
      "touches and who has to sign it, `policy diff OLD NEW` the same without a server;\n"
      "docs/operations.md has the course of a change, docs/policy-cases.md how to try a policy.\n";
  for (const auto& section : sections()) {
    out += "\n## " + (section.name.empty() ? "Top" : "`[" + std::string(section.name) + "]`") +
           "\n\n" + std::string(section.description) +
           ".\n\n| key | what | allowed | standard | stricter | signed by | obeyed by |\n"
           "|---|---|---|---|---|---|---|\n";
    for (const auto& field : fields())
      if (section_of(field.name()) == section.name) write_field(out, field, standard);
  }
  return out;
}

}  // namespace conclave::policy
