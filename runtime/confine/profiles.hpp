#pragma once

#include <span>

// The system calls of the profiles; private to this folder. Names, so that libseccomp resolves them
// for the machine's architecture (a name that an architecture lacks is left out).
namespace conclave::confine {

// What both processes need: memory, threads, files, time, descriptors, Unix sockets.
[[nodiscard]] std::span<const char* const> ordinary_calls();
// Only an attacker asks for these: the process is killed.
[[nodiscard]] std::span<const char* const> deadly_calls();
// Needed by the leak checker of sanitizer builds only; empty otherwise.
[[nodiscard]] std::span<const char* const> sanitizer_calls();

}  // namespace conclave::confine
