attune_unit_test(AttuneDriverTest DriverInputsTest.cpp DriverIsolateTest.cpp DriverSummaryTest.cpp
  DriverTensorFileTest.cpp LINK AttuneDriver)
