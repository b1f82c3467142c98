#include <Python.h>

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "answer", "Nothing but a compiled module.", 0, NULL,
};

PyMODINIT_FUNC PyInit_answer(void) { return PyModule_Create(&definition); }
