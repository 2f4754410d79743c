// Examples for the frame fuzzer: one of every command, and what clients do with several of them.
#ifndef SLUICE_TESTS_FUZZ_FRAME_SEEDS_H_
#define SLUICE_TESTS_FUZZ_FRAME_SEEDS_H_

#include <string>
#include <utility>
#include <vector>

#include "tests/fuzz/frame_input.h"

namespace sluice::fuzz {

// By name; the names are for files.
std::vector<std::pair<std::string, Input>> Seeds();

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FRAME_SEEDS_H_
