// libFuzzer's entry to the crypto stage.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/crypto_stage/stage_run.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::RunStage({data, size});
  return 0;
}
