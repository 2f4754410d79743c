// Samba's configuration file as sections of parameters, smb.conf(5).
#ifndef SLUICE_TOOLS_SLUICECTL_SAMBA_SMB_CONF_H_
#define SLUICE_TOOLS_SLUICECTL_SAMBA_SMB_CONF_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::samba {

struct Parameter {
  std::string name;  // lower case, single spaces, the name that the manual page prefers
  std::string value;
  bool inverted = false;  // `writable` stands for the opposite of `read only`
  std::string place;      // "smb.conf:12"
};

struct Section {
  std::string name;  // as written; "global" in lower case
  std::vector<Parameter> parameters;

  // The last one counts; null if there is none.
  const Parameter* Find(absl::string_view name) const;
};

struct SmbConf {
  Section global;
  std::vector<Section> shares;  // in the order of their first lines
  // Lines that mean nothing, files that could not be included: a sentence each, with its place.
  std::vector<std::string> problems;
};

// Reads `path` and what it includes: regular files of UTF-8, of bounded size and number. An error
// only where `path` itself is none.
absl::StatusOr<SmbConf> ReadSmbConf(const std::string& path);
// `text` as if it had been read from `file`.
SmbConf ParseSmbConf(absl::string_view text, const std::string& file);

// yes, true, on, 1 and their opposites.
bool ParseBool(absl::string_view value, bool* out);
// A list with commas or spaces between; parts in double quotes may hold either.
std::vector<std::string> ParseNames(absl::string_view value);

}  // namespace sluice::samba

#endif  // SLUICE_TOOLS_SLUICECTL_SAMBA_SMB_CONF_H_
