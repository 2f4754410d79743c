// Numbers and times for people, in few characters.
#ifndef SLUICE_TOOLS_SLUICECTL_UNITS_H_
#define SLUICE_TOOLS_SLUICECTL_UNITS_H_

#include <cstdint>
#include <string>

namespace sluice::sluicectl {

// "0", "999", "1.5K", "23M": three digits and a factor of 1000.
std::string Count(double value);
// "0 B", "1.5 KiB", "23 MiB": factors of 1024.
std::string Bytes(double value);
// "850 ns", "12 us", "3.4 ms", "1.2 s".
std::string Duration(double nanos);
// "5 s", "3:20", "2:10:05", "3 d 04:00".
std::string Age(int64_t seconds);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_UNITS_H_
