#include "server/config/check_paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::config {
namespace {

// Where a file of that name would be.
std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

// "" for a directory in which this process can make files; else what is wrong with it.
std::string ProblemOf(const std::string& directory) {
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0) {
    return absl::StrCat(directory, ": ", std::strerror(errno));
  }
  if (!S_ISDIR(status.st_mode)) return absl::StrCat(directory, " is not a directory");
  if (access(directory.c_str(), W_OK | X_OK) == 0) return "";
  return absl::StrCat("uid ", geteuid(), " cannot make files in ", directory, ": ",
                      std::strerror(errno));
}

std::string ProblemOfKeytab(const std::string& keytab) {
  if (keytab.empty() || access(keytab.c_str(), R_OK) == 0) return "";
  return absl::StrCat("cannot read ", keytab, ": ", std::strerror(errno));
}

std::string ProblemOfLog(const std::string& file) {
  return file.empty() ? "" : ProblemOf(DirectoryOf(file));
}

// The directory of the default is made by the service manager.
std::string ProblemOfControlSocket(const std::string& path) {
  return path == Configuration().control_socket ? "" : ProblemOf(DirectoryOf(path));
}

// It is made where it does not exist, its parents are not.
std::string ProblemOfStateDirectory(const std::string& directory) {
  if (directory.empty()) return "it must name a directory";
  struct stat status {};
  const bool missing = stat(directory.c_str(), &status) != 0 && errno == ENOENT;
  return ProblemOf(missing ? DirectoryOf(directory) : directory);
}

}  // namespace

absl::Status CheckPaths(const Configuration& configuration) {
  std::multimap<std::pair<uint32_t, uint32_t>, std::string> lines;  // by line and column
  const auto check = [&](absl::string_view section, absl::string_view key,
                         const std::string& problem) {
    if (problem.empty()) return;
    const auto found = configuration.places.find(absl::StrCat(section, ".", key));
    const Place at = found == configuration.places.end() ? Place() : found->second;
    const std::string place = at.line == 0 ? "" : absl::StrCat(":", at.line, ":", at.column);
    lines.emplace(std::pair(at.line, at.column), absl::StrCat(configuration.file, place, ": [",
                                                              section, "] ", key, ": ", problem));
  };
  const GatewayOptions& gateway = configuration.gateway;
  check("server", "state_dir", ProblemOfStateDirectory(gateway.state_dir));
  check("server", "control_socket", ProblemOfControlSocket(configuration.control_socket));
  check("auth", "kerberos_keytab", ProblemOfKeytab(gateway.kerberos_keytab));
  check("log", "file", ProblemOfLog(configuration.log_file));
  check("audit", "file", ProblemOfLog(gateway.audit_file));
  if (lines.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(
      lines, "\n", [](std::string* out, const auto& line) { out->append(line.second); }));
}

}  // namespace sluice::config
