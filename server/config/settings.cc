#include "server/config/settings.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace sluice::config {
namespace {

std::string Bool(bool value) { return value ? "true" : "false"; }

constexpr SettingRow kRows[] = {
    {"server.listen", "list of host:port or [v6]:port", "where clients connect",
     [](const Configuration& c) { return TomlList(c.gateway.listen); }},
    {"server.loops", "whole number from 0 to 1024", "event loops; 0: one for each core",
     [](const Configuration& c) { return absl::StrCat(c.gateway.loops); }},
    {"server.processor", "auto, avx512, avx2, sse or no-aesni",
     "the newest instruction set to use; auto: what is there",
     [](const Configuration& c) { return TomlString(ProcessorWord(c.gateway.processor)); }},
    {"server.name", "1 to 15 letters, digits and hyphens", "the server's NetBIOS and host name",
     [](const Configuration& c) { return TomlString(c.gateway.server_name); }},
    {"server.state_dir", "directory", "users, and what was set at run time",
     [](const Configuration& c) { return TomlString(c.gateway.state_dir); }},
    {"server.control_socket", "path", "where sluicectl connects",
     [](const Configuration& c) { return TomlString(c.control_socket); }},
    {"server.control_group", "Unix group",
     "its members may use the control socket; without it root and the gateway's own user only",
     [](const Configuration& c) { return TomlString(c.control_group); }},
    {"auth.guest", "true or false", "unknown users are let in as guests",
     [](const Configuration& c) { return Bool(c.gateway.allow_guest); }},
    {"auth.anonymous", "true or false", "clients without credentials are let in, to list shares",
     [](const Configuration& c) { return Bool(c.gateway.allow_anonymous); }},
};

}  // namespace

absl::Span<const SettingRow> SettingTable() { return kRows; }

absl::string_view ProcessorWord(crypto::Processor processor) {
  static constexpr absl::string_view kWords[] = {"auto", "avx512", "avx2", "sse", "no-aesni"};
  return kWords[static_cast<size_t>(processor)];
}

std::string TomlString(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&out, "\\u%04X", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string TomlList(absl::Span<const std::string> texts) {
  return absl::StrCat("[",
                      absl::StrJoin(texts, ", ",
                                    [](std::string* out, const std::string& text) {
                                      out->append(TomlString(text));
                                    }),
                      "]");
}

}  // namespace sluice::config
