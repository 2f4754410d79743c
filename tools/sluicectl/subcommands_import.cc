// import-samba, user import: what Samba has.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crypto/secret.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/client.h"
#include "tools/sluicectl/samba/import.h"
#include "tools/sluicectl/samba/smb_conf.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

// A request's line must stay below the socket's limit of 64 KiB.
constexpr size_t kUserBytesPerRequest = 32u << 10;

void Fail(Context& context, const std::string& message) {
  std::cerr << "sluicectl: " << message << "\n";
  context.exit_code = kRefused;
}

void ImportSamba(Context& context, const std::string& path, const std::string& output) {
  const absl::StatusOr<samba::SmbConf> conf = samba::ReadSmbConf(path);
  if (!conf.ok()) return Fail(context, std::string(conf.status().message()));
  const samba::Imported imported = samba::Import(*conf);
  if (context.json) {
    std::cout << json{{"toml", imported.toml}, {"notes", imported.notes}}.dump(2) << "\n";
    return;
  }
  if (output.empty()) {
    std::cout << imported.toml;
  } else {
    std::ofstream file(output, std::ios::trunc);
    file << imported.toml;
    file.close();
    if (!file) return Fail(context, absl::StrCat("cannot write ", output, ": ", strerror(errno)));
  }
  if (imported.notes.empty()) return;
  std::cerr << "Not carried over, or carried over otherwise than you may expect:\n";
  for (const std::string& note : imported.notes) std::cerr << "  " << note << "\n";
}

// Sends `lines`, whose first one is line `first` of the whole; false if that was the end of it.
bool SendUsers(Context& context, const std::string& lines, int first, json* total) {
  const absl::StatusOr<json> result =
      Call(context.socket, "user.import", {{"smbpasswd", lines}, {"first_line", first}});
  if (!result.ok()) {
    Fail(context, std::string(result.status().message()));
    if (absl::IsUnavailable(result.status())) context.exit_code = kUnreachable;
    return false;
  }
  for (const char* list : {"users", "skipped"}) {
    for (const json& item : result->at(list)) (*total)[list].push_back(item);
  }
  return true;
}

void ImportUsers(Context& context, const std::string& path) {
  std::ifstream file;
  const bool from_stdin = path.empty() || path == "-";
  if (!from_stdin) file.open(path);
  if (!from_stdin && !file) {
    return Fail(context, absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  std::istream& in = from_stdin ? std::cin : file;
  std::string line;
  std::string lines;
  const absl::Cleanup wipe = [&] {
    crypto::Wipe(line.data(), line.size());
    crypto::Wipe(lines.data(), lines.size());
  };
  lines.reserve(2 * kUserBytesPerRequest);
  json total = {{"users", json::array()}, {"skipped", json::array()}};
  int number = 0;
  int first = 1;
  while (std::getline(in, line)) {
    ++number;
    if (lines.size() + line.size() > kUserBytesPerRequest && !lines.empty()) {
      if (!SendUsers(context, lines, first, &total)) return;
      lines.clear();
      first = number;
    }
    absl::StrAppend(&lines, line, "\n");
  }
  if (!lines.empty() && !SendUsers(context, lines, first, &total)) return;
  if (context.json) {
    std::cout << total.dump(2) << "\n";
    return;
  }
  for (const json& skipped : total["skipped"]) {
    std::cerr << "skipped: " << skipped.get<std::string>() << "\n";
  }
  std::cout << total["users"].size() << " users imported\n";
}

}  // namespace

void AddImportCommands(CLI::App& app, Context& context) {
  struct Paths {
    std::string input = "/etc/samba/smb.conf";
    std::string output;
  };
  const auto samba_paths = std::make_shared<Paths>();
  CLI::App* samba = app.add_subcommand(
      "import-samba", "Write the sluice.toml that does what an smb.conf does, and list the rest");
  samba->add_option("SMB_CONF", samba_paths->input, "Samba's configuration")->capture_default_str();
  samba->add_option("--output", samba_paths->output,
                    "Where to write it (default: standard output)");
  samba->callback(
      [samba_paths, &context] { ImportSamba(context, samba_paths->input, samba_paths->output); });

  const auto users = std::make_shared<std::string>();
  CLI::App* import = app.get_subcommand("user")->add_subcommand(
      "import", "Add the users of a Samba server: pdbedit -L -w | sluicectl user import");
  import->add_option("FILE", *users, "An smbpasswd file (default: standard input)");
  import->callback([users, &context] { ImportUsers(context, *users);
});
}  // namespace sluice::sluicectl

}  // namespace sluice::sluicectl
