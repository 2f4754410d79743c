// import-samba, user import: what Samba has.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
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
#include "server/base/printable.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/client.h"
#include "tools/sluicectl/samba/import.h"
#include "tools/sluicectl/samba/smb_conf.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

// A request's line must stay below the socket's limit of 64 KiB.
constexpr size_t kUserBytesPerRequest = 32u << 10;

struct SambaOptions {
  std::string input = "/etc/samba/smb.conf";
  std::string output;
  bool force = false;
};

// Never over a file that is there, unless it is told to.
absl::Status Write(const SambaOptions& options, const std::string& toml) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (options.force ? O_TRUNC : O_EXCL);
  const int fd = open(options.output.c_str(), flags, 0666);
  if (fd < 0 && errno == EEXIST) {
    return absl::AlreadyExistsError(
        absl::StrCat(options.output, " is there already; --force overwrites it"));
  }
  std::FILE* const file = fd < 0 ? nullptr : fdopen(fd, "w");
  bool good = file != nullptr && std::fwrite(toml.data(), 1, toml.size(), file) == toml.size();
  if (file != nullptr) good = std::fclose(file) == 0 && good;
  if (good) return absl::OkStatus();
  return absl::UnknownError(
      absl::StrCat("cannot write ", options.output, ": ", std::strerror(errno)));
}

void ImportSamba(Context& context, const SambaOptions& options) {
  const std::string& output = options.output;
  const absl::StatusOr<samba::SmbConf> conf = samba::ReadSmbConf(options.input);
  if (!conf.ok()) return Fail(context, conf.status());
  const samba::Imported imported = samba::Import(*conf);
  if (!output.empty()) {
    const absl::Status written = Write(options, imported.toml);
    if (!written.ok()) return Fail(context, written);
  }
  if (context.json) {
    std::cout << JsonText(json{{"toml", imported.toml}, {"notes", imported.notes}});
    return;
  }
  if (output.empty()) std::cout << base::Printable(imported.toml, "\n");
  if (imported.notes.empty()) return;
  std::cerr << "Not carried over, or carried over otherwise than you may expect:\n";
  for (const std::string& note : imported.notes) {
    std::cerr << "  " << base::Printable(note) << "\n";
  }
}

// Sends `lines`, whose first one is line `first` of the whole; false if that was the end of it. All
// of a request's users are taken or none; those of earlier ones stay.
bool SendUsers(Context& context, const std::string& lines, int first, json* total) {
  const absl::StatusOr<json> result =
      Call(context.socket, "user.import", {{"smbpasswd", lines}, {"first_line", first}});
  if (!result.ok()) {
    const size_t before = total->at("users").size();
    const std::string kept =
        before == 0 ? "; none was imported"
                    : absl::StrCat("; the ", before, " users of the lines before ", first,
                                   " are imported, none of those from there on: what is right can "
                                   "be imported again as a whole");
    Fail(context,
         absl::Status(result.status().code(), absl::StrCat(result.status().message(), kept)));
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
  const auto fail = [&] {
    Fail(context, absl::NotFoundError(absl::StrCat("cannot read ", from_stdin ? "input" : path,
                                                   ": ", std::strerror(errno))));
  };
  if (!from_stdin) file.open(path);
  if (!from_stdin && !file) return fail();
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
  if (in.bad()) return fail();  // a directory, for one
  if (!lines.empty() && !SendUsers(context, lines, first, &total)) return;
  if (context.json) {
    std::cout << JsonText(total);
    return;
  }
  for (const json& skipped : total["skipped"]) {
    std::cerr << "skipped: " << base::Printable(skipped.get_ref<const std::string&>()) << "\n";
  }
  std::cout << total["users"].size() << " users imported\n";
}

}  // namespace

void AddImportCommands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<SambaOptions>();
  CLI::App* samba = app.add_subcommand(
      "import-samba", "Write the sluice.toml that does what an smb.conf does, and list the rest");
  samba->add_option("SMB_CONF", options->input, "Samba's configuration")->capture_default_str();
  samba->add_option("--output", options->output, "Where to write it (default: standard output)");
  samba->add_flag("--force", options->force, "Overwrite what is there");
  samba->callback([options, &context] { ImportSamba(context, *options); });

  const auto users = std::make_shared<std::string>();
  CLI::App* of_users = app.get_subcommand("user")->add_subcommand(
      "import", "Add the users of a Samba server: pdbedit -L -w | sluicectl user import");
  of_users->add_option("FILE", *users, "An smbpasswd file (default: standard input)");
  of_users->callback([users, &context] { ImportUsers(context, *users); });
}

}  // namespace sluice::sluicectl
