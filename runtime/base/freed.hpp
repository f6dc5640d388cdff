#pragma once

namespace conclave::base {

// Deleter of a std::unique_ptr that owns an object of a C library: Freed<EVP_PKEY_free>.
template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

}  // namespace conclave::base
