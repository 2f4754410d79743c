// A Sluice configuration that does what a Samba configuration does, and what it cannot do.
#ifndef SLUICE_TOOLS_SLUICECTL_SAMBA_IMPORT_H_
#define SLUICE_TOOLS_SLUICECTL_SAMBA_IMPORT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/sluicectl/samba/smb_conf.h"

namespace sluice::samba {

struct Imported {
  std::string toml;
  // What is not in `toml`: "smb.conf:12: [data] veto files = /*.tmp/: what that means".
  std::vector<std::string> notes;
};

// Nothing is left out in silence: a parameter is in `toml`, needs nothing there, or has a note.
Imported Import(const SmbConf& conf);

// Parameters that have no equivalent, with what their absence means.
struct Unmapped {
  absl::string_view name;
  absl::string_view meaning;
};
absl::Span<const Unmapped> UnmappedParameters();

}  // namespace sluice::samba

#endif  // SLUICE_TOOLS_SLUICECTL_SAMBA_IMPORT_H_
