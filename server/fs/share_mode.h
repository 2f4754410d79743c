// Share modes [MS-FSA] 2.1.5.1.2: what an open lets others do, and what it does itself.
#ifndef SLUICE_SERVER_FS_SHARE_MODE_H_
#define SLUICE_SERVER_FS_SHARE_MODE_H_

#include <cstdint>

namespace sluice::fs {

inline constexpr uint32_t kShareRead = 1;
inline constexpr uint32_t kShareWrite = 2;
inline constexpr uint32_t kShareDelete = 4;

struct ShareMode {
  uint32_t access = 0;  // granted, generic bits mapped
  uint32_t share = 0;   // kShareRead, kShareWrite, kShareDelete
};

// True where both opens cannot exist side by side. Symmetric. An open that neither reads, writes,
// executes nor deletes conflicts with none.
bool Conflicts(const ShareMode& one, const ShareMode& other);

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_SHARE_MODE_H_
