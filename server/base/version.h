// The version that every program prints.
#ifndef SLUICE_SERVER_BASE_VERSION_H_
#define SLUICE_SERVER_BASE_VERSION_H_

namespace sluice::base {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_VERSION_H_
