// Asio's non-template code (BOOST_ASIO_SEPARATE_COMPILATION), for programs that have only this
// library. In a program that also links runtime/async the linker takes the first of the two.
#include <boost/asio/impl/src.hpp>
